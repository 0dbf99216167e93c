"""Checks for lora-adapter: the layer's parameters, values, gradients and dropout; then inject; then merge_."""

import torch
from torch import nn

from graders.kit import holds, noted

MOVED = "A and B still play a part: the outputs changed when they were given other numbers."
CHANGED = "The call that raised has changed the outputs of the model."


class Attention(nn.Module):
    """Four projections whose names are parts of each other, and a mix without positions."""

    def __init__(self, c):
        super().__init__()
        self.proj = nn.Linear(c, c + 1)
        self.q_proj = nn.Linear(c + 1, c, bias=False)
        self.out_proj = nn.Linear(c, c)

    def forward(self, x):
        return self.out_proj(self.q_proj(self.proj(x)).tanh() + x.mean(1, keepdim=True))


class Net(nn.Module):
    """Layers at several depths; ``head`` is an embedding in one place, a layer in another and a box in a third."""

    def __init__(self, c, v):
        super().__init__()
        self.embed = nn.ModuleDict({"head": nn.Embedding(v, c), "gain": nn.LayerNorm(c)})
        self.stack = nn.ModuleList(Attention(c) for _ in range(2))
        self.mlp = nn.Sequential(nn.Linear(c, c + 2), nn.Tanh(), nn.Linear(c + 2, c))
        self.shift = nn.Parameter(torch.zeros(c))
        self.tail = nn.ModuleDict({"norm": nn.LayerNorm(c), "head": nn.Linear(c, v)})

    def forward(self, ids):
        x = self.embed["gain"](self.embed["head"](ids)) + self.shift
        for block in self.stack:
            x = x + block(x)
        return self.tail["head"](self.tail["norm"](x + self.mlp(x)))


def net(draw, dtype=torch.float32):
    c, v = draw.sizes(2, low=4)
    return draw.fill(Net(c, v).to(dtype)), draw.integers(0, v, 3, 5)


def refill(draw, model):
    """Give every A and B that is left fresh numbers, as a training would."""
    with torch.no_grad():
        for name, p in sorted(model.named_parameters()):
            if name.split(".")[-1] in ("A", "B"):
                p.copy_(draw.normal(*p.shape, scale=0.5, mean=0.2, dtype=p.dtype))
    return model


def layer(submission, draw, i, o, r, alpha, bias=True, dropout=None, dtype=torch.float32):
    """An adapter in the midst of a training: nothing in it is zero."""
    base = nn.Linear(i, o, bias=bias).to(dtype)
    made = submission.LoRALinear(base, r, alpha, *([] if dropout is None else [dropout]))
    return draw.fill(made)


def test_parameters(submission, draw, observe):
    """A [r, in] starts random, B [out, r] at zero, both of base's dtype and device; base is kept and frozen"""
    for bias, dtype in ((True, torch.float32), (False, torch.float64)):
        i, o, r = draw.sizes(3)
        base = draw.fill(nn.Linear(i, o, bias=bias).to(dtype))
        made = submission.LoRALinear(base, r, 2.0 * r + 1)
        found = dict(made.named_parameters())
        observe(f"shapes for Linear({i}, {o}, bias={bias}), r={r}", {n: list(p.shape) for n, p in found.items()})
        observe("keys of the state_dict", sorted(made.state_dict()))
        observe("dtypes", {n: str(p.dtype) for n, p in found.items()})
        observe("who asks for gradients", {n: p.requires_grad for n, p in found.items()})
        observe("B", found["B"].detach())
        observe("A is zero", not found["A"].any().item(), noted())
        full = int(torch.linalg.matrix_rank(found["A"].detach().double())) == min(r, i)
        observe(
            "A has rows that all differ", full, holds("is_true", "The rows of A are not independent of each other.")
        )
        observe("base's weight", made.base.weight.detach())
    there = submission.LoRALinear(nn.Linear(i, o, device="meta"), r, 1.0)
    observe("device for a base elsewhere", {n: str(p.device) for n, p in there.named_parameters()})


def test_start(submission, draw, observe):
    """At the start the output is base's"""
    i, o, r = draw.sizes(3)
    base = draw.fill(nn.Linear(i, o))
    observe.call("forward(x)", submission.LoRALinear(base, r, 1.5 * r + 1), draw.normal(3, i))


def test_values(submission, draw, observe):
    """base(x) + alpha / r · B A x, for any leading dimensions, with and without a bias"""
    for number, bias in enumerate((True, False, True)):
        i, o, r, a, b = draw.sizes(5)
        r = 1 if number == 2 else r
        made = layer(submission, draw, i, o, r, draw.number(2.5, 7.5) * r, bias)
        for shape in ((i,), (a, i), (a, 1, b, i)):
            observe.call(f"r={r}, bias={bias}: forward(x {list(shape)})", made, draw.normal(*shape))
    made = layer(submission, draw, i, o, r, 3, dtype=torch.float64)
    observe.call("float64", made, draw.normal(2, i, dtype=torch.float64))


def test_gradients(submission, draw, observe):
    """x, A and B get gradients, base gets none; from the start B can learn, and after one step A too"""
    i, o, r, b = draw.sizes(4)
    made = layer(submission, draw, i, o, r, 1.5 * r + 1, dtype=torch.float64)
    params = sorted(made.named_parameters())
    observe.gradients("forward(x)", made, draw.normal(b, i, dtype=torch.float64), params=params, names=["x"])
    fresh = submission.LoRALinear(draw.fill(nn.Linear(i, o)), r, 4.0)
    opt = torch.optim.SGD([p for p in fresh.parameters() if p.requires_grad], lr=0.1)
    x, y = draw.normal(b, i), draw.normal(b, o, mean=2)
    for step, name in ((1, "B"), (2, "A")):
        opt.zero_grad()
        (fresh(x) - y).square().mean().backward()
        grad = dict(fresh.named_parameters())[name].grad
        alive = grad is not None and bool(grad.abs().max() > 0)
        observe(f"step {step}: {name} has a gradient", alive, holds("is_true", f"In step {step} {name} cannot move."))
        opt.step()


def test_dropout(submission, draw, observe):
    """Dropout: in train mode, on what goes into A, and on nothing else"""
    i, o, r = draw.sizes(3, low=3)
    made = layer(submission, draw, i, o, r, 2.0 * r, dropout=1.0)
    observe.call("dropout 1, train mode: base alone", made.train(), draw.normal(4, i))
    observe.call("dropout 1, eval mode", made.eval(), draw.normal(4, i))
    observe.call("dropout left out, train mode", layer(submission, draw, i, o, r, 3.0).train(), draw.normal(4, i))
    p, n = draw.random.choice([0.25, 0.4, 0.6]), 400
    made = layer(submission, draw, i, o, r, 2.0 * r, dropout=p).train()
    x = torch.zeros(n, i)
    x[torch.arange(n), draw.integers(0, i, n)] = draw.uniform(n, low=1.0, high=2.0)  # one number a row: all or nothing
    whole = x @ made.A.T @ made.B.T * 2.0
    part = made(x) - made.base(x)
    kept = (part.abs() > 1e-4).any(1)
    right = torch.allclose(part, torch.where(kept[:, None], whole / (1 - p), 0 * whole), rtol=1e-3, atol=1e-4)
    says = "With one number a row, that number is dropped or scaled by 1 / (1 − p): the correction is then 0 or whole."
    observe(f"dropout {p}: all or nothing", right, holds("is_true", says))
    share = abs(float(kept.float().mean()) - (1 - p)) < 6 * (p * (1 - p) / n) ** 0.5
    observe(f"dropout {p}: how much is kept", share, holds("is_true", "The share that is dropped is another one."))


def test_names(submission, draw, observe):
    """inject replaces the linear layers whose last name is a target, and says which"""
    for targets in (
        ["proj"],
        ("q_proj", "proj"),
        {"head"},
        ["head", "out_proj"],
        {"out_proj", "2", "head"},
        ["mlp", "attn"],
        {"shift", "0"},
    ):
        model, _ = net(draw)
        names = submission.inject(model, targets, 2, 4.0)
        observe(f"inject(model, {sorted(targets)}, 2, 4.0)", names)
        found = [name for name, m in model.named_modules() if isinstance(m, submission.LoRALinear)]
        observe("how many there are, wherever", len(found), noted())
        made = [name for name in found if isinstance(model.get_submodule(name), submission.LoRALinear)]
        observe(f"LoRALinears there for {sorted(targets)}", made)


def test_frozen(submission, draw, observe):
    """Of the model A and B alone ask for gradients; r·(in + out) numbers for each layer"""
    for targets, r in ((["proj", "q_proj"], 2), (["head", "out_proj"], 3)):
        model, _ = net(draw)
        submission.inject(model, targets, r, 4.0)
        asked = sorted(name for name, p in model.named_parameters() if p.requires_grad)
        observe(f"who asks for gradients after {targets}", asked)
        observe("how many numbers learn", sum(p.numel() for p in model.parameters() if p.requires_grad))


def test_injected(submission, draw, observe):
    """Right after inject the model computes what it did; then what its A and B say, scaled by alpha / r"""
    for targets, r, alpha in ((["proj", "2"], 3, 5.0), ({"q_proj", "out_proj", "head"}, 2, 9.0)):
        model, ids = net(draw)
        submission.inject(model, targets, r, alpha)
        observe(f"inject {sorted(targets)}: model(ids)", model(ids))
        observe("model(ids) with other A and B", refill(draw, model)(ids))


def test_merge(submission, draw, observe):
    """After merge_ the model computes the same, A and B play no part, and the weights are leaves without gradients"""
    for targets, r, alpha in ((["proj", "2"], 3, 5.0), ({"q_proj", "out_proj", "head"}, 2, 9.0)):
        model, ids = net(draw, torch.float64)
        submission.inject(model, targets, r, alpha)
        refill(draw, model)
        submission.merge_(model)
        observe(f"merge after inject {sorted(targets)}: model(ids)", model(ids))
        observe("in eval mode", model.eval()(ids))
        before = model(ids).detach()
        with torch.no_grad():
            for p in (p for name, p in model.named_parameters() if name.split(".")[-1] in ("A", "B")):
                p.uniform_(2, 3)
        still = torch.allclose(model(ids), before)
        observe("A and B play no part", still, holds("is_true", MOVED))
        rest = [p for name, p in model.named_parameters() if name.split(".")[-1] not in ("A", "B")]
        leaves = all(p.is_leaf and not p.requires_grad for p in rest)
        observe("weights are leaves", leaves, holds("is_true", "A weight is no leaf any more, or asks for gradients."))


def test_merge_dropout(submission, draw, observe):
    """A merged layer drops nothing, in train mode either"""
    i, o, r = draw.sizes(3, low=3)
    model = nn.Sequential(layer(submission, draw, i, o, r, 5.0, dropout=0.5), nn.Tanh()).train()
    submission.merge_(model)
    observe("merged, train mode", model(draw.normal(6, i)))


def test_merge_again(submission, draw, observe):
    """A second merge_ raises, and changes nothing"""
    model, ids = net(draw)
    submission.inject(model, ["q_proj", "head"], 2, 6.0)
    refill(draw, model)
    submission.merge_(model)
    before = model(ids).detach()
    observe.raises("merge_(model) again", submission.merge_, model)
    observe("outputs as before", torch.equal(model(ids), before), holds("is_true", CHANGED))
