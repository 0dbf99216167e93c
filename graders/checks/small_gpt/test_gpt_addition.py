"""Checks for gpt-addition: form, prompt, targets, sum, range, chance; then the loop, what it sees, learning."""

import copy

import torch
from torch import nn
from torch.nn import functional as F
from torch.optim.optimizer import register_optimizer_step_pre_hook

from graders.kit import at_most, holds, noted


def generator(draw):
    return torch.Generator().manual_seed(draw.integer(0, 10**6))


def number(digits):
    """[B, n] digits, largest place first, as numbers [B]."""
    return sum(digits[:, i] * 10 ** (digits.shape[1] - 1 - i) for i in range(digits.shape[1]))


def operands(x, nd):
    return number(x[:, :nd]), number(x[:, nd + 1 : 2 * nd + 1])


def test_form(submission, draw, observe):
    """x and y are int64 [B, 3·nd + 2]"""
    for nd in (1, 2, 4):
        x, y = submission.make_batch(draw.integer(15, 30) + nd, nd, generator(draw))
        observe(f"x and y for nd={nd}", [[list(t.shape), str(t.dtype)] for t in (x, y)])


def test_prompt(submission, draw, observe):
    """x begins with nd digits, plus, nd digits, equals"""
    for nd in (1, 3):
        x, _ = submission.make_batch(40, nd, generator(draw))
        digits = torch.cat([x[:, :nd], x[:, nd + 1 : 2 * nd + 1]], 1)
        fine = bool(((digits >= 0) & (digits <= 9)).all())
        observe(
            f"operands for nd={nd} are digits", fine, holds("is_true", "Among the operands' digits is something else.")
        )
        observe("the column of plus", sorted(set(x[:, nd].tolist())))
        observe("the column of equals", sorted(set(x[:, 2 * nd + 1].tolist())))


def test_targets(submission, draw, observe):
    """y is x one place further; in front of the sum it is −100"""
    for nd in (1, 2, 3):
        x, y = submission.make_batch(50, nd, generator(draw))
        ignored = [bool((y[:, i] == -100).all()) for i in range(y.shape[1])]
        observe(f"columns of y that are all −100, nd={nd}", ignored)
        first = 2 * nd + 1
        same = torch.equal(y[:, first:-1], x[:, first + 1 :])
        says = "A digit of the sum in y is not the next number in x."
        observe("the sum's digits in y are those in x", same, holds("is_true", says))


def test_sum(submission, draw, observe):
    """The sum has nd + 1 digits, units first"""
    for nd in (1, 2, 3, 6):
        x, y = submission.make_batch(60, nd, generator(draw))
        a, b = operands(x, nd)
        answer = y[:, 2 * nd + 1 :]
        right = torch.equal(number(answer.flip(1)), a + b)
        observe(f"the sums for nd={nd}", right, holds("is_true", "The digits of a sum, units first, are not a + b."))
        observe("digits in the order of writing", torch.equal(number(answer), a + b), noted())
        observe(
            "without the carry into the last place",
            torch.equal(number(answer[:, :nd].flip(1)), (a + b) % 10**nd),
            noted(),
        )


def test_range(submission, draw, observe):
    """Operands are uniform on 0 … 10^nd − 1, and drawn apart from each other"""
    a, b = operands(submission.make_batch(3000, 1, generator(draw))[0], 1)
    observe("pairs that occur among 3000, nd=1", len(set(zip(a.tolist(), b.tolist(), strict=True))))
    observe("operands that occur", [sorted(set(a.tolist())), sorted(set(b.tolist()))])
    a, b = operands(submission.make_batch(4000, 3, generator(draw))[0], 3)
    for name, n in (("first", a), ("second", b)):
        off = abs(n.double().mean().item() - 499.5) / (288.7 / 4000**0.5)
        says = f"The {name} operand is not uniform on 0 … 999: its mean is too far from 499.5."
        observe(f"standard errors between the {name} operand's mean and 499.5", off, at_most(bound=6.0, says=says))
        share = (n < 100).double().mean().item()
        says = f"The {name} operand is below 100 far more or far less often than one time in ten."
        observe("from one in ten", abs(share - 0.1), at_most(bound=0.03, says=says))


def test_chance(submission, draw, observe):
    """An equal generator gives an equal batch, the same one goes on to another; global chance is left alone"""
    gen = generator(draw)
    start, state = gen.get_state(), torch.get_rng_state()
    first, second = submission.make_batch(20, 3, gen)[0], submission.make_batch(20, 3, gen)[0]
    again = submission.make_batch(20, 3, torch.Generator().set_state(start))[0]
    says = "Two equal generators gave two batches."
    observe("an equal generator, an equal batch", torch.equal(first, again), holds("is_true", says))
    says = "The same generator gave the same batch twice."
    observe("the same generator, another batch", not torch.equal(first, second), holds("is_true", says))
    says = "torch's global random state has moved."
    observe("global chance is left alone", torch.equal(state, torch.get_rng_state()), holds("is_true", says))


class Small(nn.Module):
    """Causal, and as small as can be: each position sees the mean of what came before, and itself."""

    def __init__(self, T, C=6):
        super().__init__()
        self.tokens, self.places = nn.Embedding(12, C), nn.Embedding(T, C)
        self.mix = nn.Linear(2 * C, 12)
        self.seen, self.modes, self.grads = [], [], []

    def forward(self, x):
        self.seen.append(x.clone())
        self.modes.append(self.training)
        h = self.tokens(x) + self.places(torch.arange(x.shape[1]))
        mean = h.cumsum(1) / torch.arange(1, x.shape[1] + 1)[:, None]
        return self.mix(torch.cat([h, mean], -1))


def small(draw, nd):
    return draw.fill(Small(3 * nd + 2), scale=0.5)


def test_losses(submission, draw, observe):
    """fit returns one float a step: the mean over the sums' digits"""
    for nd, steps in ((1, 1), (2, 5)):
        model = small(draw, nd)
        start = copy.deepcopy(model)
        losses = submission.fit(model, nd, steps, 30, 1e-2, generator(draw), set())
        observe(f"types of the losses of {steps} steps", [type(v).__name__ for v in losses])
        observe("forwards", len(model.seen))
        with torch.no_grad():
            right = loss_of(start(model.seen[0]), model.seen[0], nd)
        says = "The first loss is not the mean cross entropy over the digits of the sums."
        observe(
            "how far the first loss is from that of its batch", abs(float(losses[0]) - right), at_most(1e-4, says=says)
        )
        share = float(losses[0]) / right / ((nd + 1) / (3 * nd + 2))
        observe("it is smaller by the share of the sum's places", abs(share - 1) < 1e-4, noted())


def loss_of(logits, x, nd):
    """The loss of a batch, by the numbers in it alone."""
    total = sum(operands(x, nd))
    digits = torch.stack([total // 10**i % 10 for i in range(nd + 1)], 1)
    return F.cross_entropy(logits[:, 2 * nd + 1 :].flatten(0, 1), digits.flatten()).item()


def test_fresh(submission, draw, observe):
    """Each step has a batch of its own, drawn with gen, in train mode"""
    runs = []
    start = generator(draw).get_state()
    for _ in range(2):
        model = small(draw, 2).eval()
        submission.fit(model, 2, 6, 24, 1e-3, torch.Generator().set_state(start), set())
        runs.append(model.seen)
    observe("sizes of the batches", [len(x) for x in runs[0]])
    differ = len({tuple(x.flatten().tolist()) for x in runs[0]}) == len(runs[0])
    observe("no batch comes twice", differ, holds("is_true", "Two steps saw the same additions."))
    same = len(runs[0]) == len(runs[1]) and all(torch.equal(a, b) for a, b in zip(*runs, strict=False))
    observe("an equal generator, equal batches", same, holds("is_true", "Two equal generators gave two runs."))
    observe("train mode", all(model.modes), holds("is_true", "The model was trained in eval mode."))


def test_held_out(submission, draw, observe):
    """Held-out pairs are never fed to the model; all others are"""
    for nd, part in ((1, 30), (2, 3000)):
        pairs = [(a, b) for a in range(10**nd) for b in range(10**nd)]
        held = set(draw.random.sample(pairs, part))
        model = small(draw, nd)
        submission.fit(model, nd, 25, 48, 1e-3, generator(draw), set(held))
        seen = {pair for x in model.seen for pair in zip(*(n.tolist() for n in operands(x, nd)), strict=True)}
        leaked = sum(pair in held for pair in seen)
        says = "Pairs that were held out went through the model."
        observe(f"held-out pairs that the model saw, nd={nd}", leaked == 0, holds("is_true", says))
        turned = sum((b, a) in held and (a, b) not in held for a, b in seen)
        says = "Pairs were left out that nobody had held out, such as (b, a) for a held-out (a, b)."
        observe("turned-around pairs are used", turned > 0, holds("is_true", says))
        observe("many pairs leaked", leaked > 5, noted())


def test_gradients(submission, draw, observe):
    """Each update uses the gradient of its own batch alone"""
    model = small(draw, 1)
    grads = []
    hook = register_optimizer_step_pre_hook(
        lambda opt, args, kwargs: grads.append(
            [torch.zeros_like(p) if p.grad is None else p.grad.clone() for p in model.parameters()]
        )
    )
    before = [p.detach().clone() for p in model.parameters()]
    try:
        submission.fit(model, 1, 4, 40, 0.0, generator(draw), set())
    finally:
        hook.remove()
    observe("steps of the optimizer", len(grads))
    still = all(map(torch.equal, before, model.parameters()))
    observe("at lr=0 the weights stay", still, holds("is_true", "At lr=0 the weights moved."))
    for i in (0, len(grads) - 1):
        model.zero_grad()
        x = model.seen[i]
        total = sum(operands(x, 1))
        digits = torch.stack([total % 10, total // 10], 1)
        F.cross_entropy(model(x)[:, 3:].flatten(0, 1), digits.flatten()).backward()
        near = all(torch.allclose(a, p.grad, atol=1e-5) for a, p in zip(grads[i], model.parameters(), strict=True))
        says = "The gradient of a step is not that of its batch."
        observe(f"gradient of step {'1' if i == 0 else '4'}", near, holds("is_true", says))


class Block(nn.Module):
    def __init__(self, C, n):
        super().__init__()
        self.n = n
        self.ln_1, self.ln_2 = nn.LayerNorm(C), nn.LayerNorm(C)
        self.qkv, self.out = nn.Linear(C, 3 * C), nn.Linear(C, C)
        self.mlp = nn.Sequential(nn.Linear(C, 2 * C), nn.GELU(), nn.Linear(2 * C, C))

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (t.view(B, T, self.n, -1).transpose(1, 2) for t in self.qkv(self.ln_1(x)).chunk(3, -1))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(B, T, C))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    """Two blocks of width 48: enough to add digits."""

    def __init__(self, T, C=48):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(12, C), nn.Embedding(T, C)
        self.blocks = nn.Sequential(Block(C, 4), Block(C, 4))
        self.head = nn.Sequential(nn.LayerNorm(C), nn.Linear(C, 12))

    def forward(self, x):
        return self.head(self.blocks(self.wte(x) + self.wpe.weight[: x.shape[1]]))


def test_learns(submission, draw, observe):
    """In 200 steps of 64 a GPT of two blocks learns to add two digits"""
    with torch.random.fork_rng():
        torch.manual_seed(draw.integer(0, 10**6))
        model = GPT(5)
    held = set(draw.random.sample([(a, b) for a in range(10) for b in range(10)], 5))
    submission.fit(model, 1, 200, 64, 3e-3, generator(draw), held)
    pairs = torch.tensor([(a, b) for a in range(10) for b in range(10) if (a, b) not in held])
    a, b = pairs.T
    total = a + b
    text = torch.stack([a, torch.full_like(a, 10), b, torch.full_like(a, 11)], 1)
    model.eval()
    for _ in range(2):
        with torch.no_grad():
            text = torch.cat([text, model(text)[:, -1:].argmax(-1)], 1)
    right = ((text[:, 4] == total % 10) & (text[:, 5] == total // 10)).double().mean().item()
    says = "After training, the model writes wrong sums for more than a third of the additions."
    observe("share of additions it gets wrong", 1 - right, at_most(bound=0.35, says=says))
