"""Checks for mlp-train: result, start, what stays, batches, rates, gradients, val, chance, held out, and learning."""

import copy
import math

import torch
from torch import nn

from graders.kit import at_most, holds, noted

CE = nn.functional.cross_entropy


class Deep(nn.Module):
    """A model whose last linear layer lies deep inside, before other modules, under a name of its own."""

    def __init__(self, v, k, d, h):
        super().__init__()
        self.table = nn.Embedding(v, d)
        self.body = nn.Sequential(
            nn.Flatten(), nn.Sequential(nn.Linear(k * d, d), nn.Tanh(), nn.Linear(d, h), nn.Tanh())
        )
        self.head = nn.Sequential(nn.Linear(h, v, bias=False), nn.Identity())

    def forward(self, x):
        return self.head(self.body(self.table(x)))


def flat(v, k, d, h):
    return nn.Sequential(nn.Embedding(v, d), nn.Flatten(), nn.Linear(k * d, h), nn.Tanh(), nn.Linear(h, v))


def examples(draw, n, k, v):
    return draw.integers(0, v, n, k), draw.integers(0, v, n)


def linears(model):
    return [m for m in model.modules() if isinstance(m, nn.Linear)]


def setup(draw, make=flat, n=60, nv=25):
    """A model that is sure of itself and wrong, examples drawn by dice, a generator."""
    v, k, d, h = draw.integer(9, 13), draw.integer(2, 4), draw.integer(3, 6), draw.integer(14, 20)
    model = draw.fill(make(v, k, d, h), scale=1.0)
    with torch.no_grad():
        for p in linears(model)[-1].parameters():
            p *= 3
    data = (*examples(draw, n, k, v), *examples(draw, nv, k, v))
    return model, data, torch.Generator().manual_seed(draw.integer(0, 10**6)), v


def loss_over(model, X, Y):
    with torch.no_grad():
        return CE(model(X), Y).item()


def near(observe, name, value, wanted, says):
    observe(name, abs(value - wanted), at_most(bound=2e-4, says=says))


def test_result(submission, draw, observe):
    """It returns loss0, losses and val, as Python floats"""
    for steps in (1, 6):
        model, data, gen, _ = setup(draw)
        result = submission.fit(model, *data, steps, 5, lambda step: 0.05, gen)
        observe("keys", sorted(result))
        observe("types of loss0 and val", [type(result["loss0"]).__name__, type(result["val"]).__name__])
        observe(f"types of the losses of {steps} steps", [type(v).__name__ for v in result["losses"]])


def test_loss0(submission, draw, observe):
    """loss0 is within 0.1 of ln V, however large the last layer was"""
    for make in (flat, Deep):
        model, data, gen, v = setup(draw, make)
        result = submission.fit(model, *data, 2, 5, lambda step: 0.01, gen)
        says = f"The model is not near a blind guess at the start: ln {v} = {math.log(v):.4f}."
        observe("how far loss0 is from ln V", abs(result["loss0"] - math.log(v)), at_most(bound=0.1, says=says))
        observe("loss0", result["loss0"], noted())


def test_untouched(submission, draw, observe):
    """At a rate of 0 only the last linear layer is another than before, and loss0 and val are those of the model"""
    for make in (flat, Deep):
        model, data, gen, _ = setup(draw, make)
        before = {name: p.detach().clone() for name, p in model.named_parameters()}
        result = submission.fit(model, *data, 5, 4, lambda step: 0.0, gen)
        last = {id(p) for p in linears(model)[-1].parameters()}
        for name, p in model.named_parameters():
            if id(p) not in last:
                says = f"{name} has changed."
                observe(f"{name} as it was", torch.equal(p.detach(), before[name]), holds("is_true", says))
        says = "loss0 is not the mean over all of X."
        near(observe, "how far loss0 is from the loss over X", result["loss0"], loss_over(model, *data[:2]), says)
        observe("loss0 is the first step's loss", result["loss0"] == result["losses"][0], noted())


class Rows:
    """Notes which rows of X went through a model together."""

    def __init__(self, model, X):
        self.batches = []
        self.known = {tuple(row): i for i, row in enumerate(X.tolist())}
        model.register_forward_pre_hook(lambda module, args: self.batches.append(args[0].tolist()))

    def of_size(self, bs):
        return [[self.known.get(tuple(row)) for row in batch] for batch in self.batches if len(batch) == bs]


def test_batches(submission, draw, observe):
    """Each step sees bs examples of X, drawn anew from all of them"""
    model, (_, _, Xv, Yv), gen, v = setup(draw)
    k = Xv.shape[1]
    n, bs, steps = 80, 8, 60
    codes = torch.tensor(draw.random.sample(range(v**2), n))  # rows that all differ
    X = torch.cat([torch.stack([codes // v, codes % v], 1), draw.integers(0, v, n, k - 2)], 1)
    rows = Rows(model, X)
    submission.fit(model, X, draw.integers(0, v, n), Xv, Yv, steps, bs, lambda step: 0.01, gen)
    seen = rows.of_size(bs)
    observe(f"a forward with {bs} examples for every step", len(seen) >= steps,
            holds("is_true", f"With bs={bs} there were steps that did not see {bs} examples."))  # fmt: skip
    used = {i for batch in seen for i in batch if i is not None}
    observe("nearly all rows are drawn in the end", len(used) >= 0.8 * n,
            holds("is_true", f"Of {n} examples a large part was never drawn in {steps} steps."))  # fmt: skip
    observe("more rows than one batch holds", len(used) > bs, noted())


def test_rates(submission, draw, observe):
    """lr_fn is asked for every step from 0 to steps − 1, and a rate that is not 0 moves every layer"""
    for steps in (1, 7):
        model, data, gen, _ = setup(draw)
        asked = []

        def lr_fn(step, asked=asked):
            asked.append(step)
            return 0.1

        submission.fit(model, *data, steps, 5, lr_fn, gen)
        observe(f"lr_fn was asked for these of {steps} steps", [s for s in range(steps) if s in asked])
    model, data, gen, _ = setup(draw)
    before = [p.detach().clone() for p in model.parameters()]
    submission.fit(model, *data, 4, 20, lambda step: 0.5, gen)
    moved = all(not torch.equal(p, old) for p, old in zip(model.parameters(), before, strict=True))
    observe("every layer moved", moved, holds("is_true", "A layer was not trained."))


def test_gradients(submission, draw, observe):
    """Each step uses the gradient of its own batch alone"""
    model, (X, Y, Xv, Yv), gen, _ = setup(draw)
    X, Y = X[:1].expand(30, -1).clone(), Y[:1].expand(30).clone()  # every batch is the same, whoever draws it
    submission.fit(model, X, Y, Xv, Yv, 8, 5, lambda step: 0.0, gen)
    last = linears(model)[-1].weight
    (one,) = torch.autograd.grad(CE(model(X), Y), [last])
    left = 0.0 if last.grad is None else (last.grad.norm() / one.norm()).item()
    observe("the gradient left by the last step, in gradients of one batch", left <= 1.01,
            holds("is_true", "After 8 steps .grad holds more than the last batch's gradient."))  # fmt: skip


def test_val(submission, draw, observe):
    """val is the mean loss over all of Xv, after the last update"""
    for make in (flat, Deep):
        model, data, gen, _ = setup(draw, make)
        result = submission.fit(model, *data, 12, 10, lambda step: 0.3, gen)
        says = "val is not the loss that the trained model has over Xv, Yv."
        near(observe, "how far val is from the loss over Xv", result["val"], loss_over(model, *data[2:]), says)
        on_train = abs(result["val"] - loss_over(model, *data[:2])) < 2e-4
        observe("val is the loss over X", on_train, noted())
        observe("val is the last step's loss", result["val"] == result["losses"][-1], noted())


def test_chance(submission, draw, observe):
    """An equal generator gives an equal run, the same one goes on to another; global chance is left alone"""
    model, data, gen, _ = setup(draw)
    start = gen.get_state()
    state = torch.get_rng_state()

    def run(gen):
        return submission.fit(copy.deepcopy(model), *data, 6, 5, lambda step: 0.3, gen)["losses"]

    first, second = run(gen), run(gen)
    again = run(torch.Generator().set_state(start))
    observe("an equal generator, an equal run", first == again, holds("is_true", "Two equal generators gave two runs."))
    says = "The same generator gave the same batches twice."
    observe("the same generator, another run", first != second, holds("is_true", says))
    says = "torch's global random state has moved."
    observe("global chance is left alone", torch.equal(state, torch.get_rng_state()), holds("is_true", says))


def test_held_out(submission, draw, observe):
    """The training does not depend on Xv and Yv"""
    model, data, gen, v = setup(draw)
    others = examples(draw, 25, data[0].shape[1], v)
    state, runs = gen.get_state(), []
    for held in (data[2:], others):
        start = copy.deepcopy(model), *data[:2], *held
        runs.append(submission.fit(*start, 20, 10, lambda step: 0.3, torch.Generator().set_state(state))["losses"])
    says = "With other examples in Xv, Yv the training went another way: they were trained on, or chosen by."
    observe("the training does not depend on Xv and Yv", runs[0] == runs[1], holds("is_true", says))


def text(draw, v, n):
    """A text in which the two symbols before each decide it, six times in seven; the last one alone says nothing."""
    habits = [draw.random.sample(range(v), v) for _ in range(v)]
    ids = [0, 1]
    for _ in range(n):
        usual = habits[ids[-1]][ids[-2]]
        ids.append(usual if draw.random.random() < 6 / 7 else draw.random.randrange(v))
    windows = torch.tensor(ids).unfold(0, 3, 1)
    return windows[:, :2], windows[:, 2]


def test_learns(submission, draw, observe):
    """300 steps of 32 bring val well below what one symbol of context can tell; loss0 is from before"""
    v = 7
    X, Y = text(draw, v, 1600)
    model = draw.fill(flat(v, 2, 6, 40), scale=0.4)
    gen = torch.Generator().manual_seed(draw.integer(0, 10**6))
    data = (X[:1200], Y[:1200], X[1200:], Y[1200:])
    result = submission.fit(model, *data, 300, 32, lambda step: 0.5 if step < 200 else 0.1, gen)
    says = f"The model has not learned the text: a blind guess costs {math.log(v):.2f}, the text itself about 0.7."
    observe("val after 300 steps", result["val"], at_most(bound=1.3, says=says))
    says = "loss0 is not from before the first update."
    observe("how far loss0 is from ln V", abs(result["loss0"] - math.log(v)), at_most(bound=0.1, says=says))
    observe("val is far above a blind guess", not result["val"] < 2 * math.log(v), noted())
