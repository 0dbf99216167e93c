"""Checks for nan-hunter: healthy models, bad outputs, their order, bad gradients, branches, no trace left."""

import torch
from torch import nn

from graders.kit import holds


class Smallest(nn.Module):
    """Leaves that go wrong at one entry, the smallest of their input, whatever the input is."""

    def __init__(self, how):
        super().__init__()
        self.how = how

    def forward(self, x):
        z = x - x.amin()
        if self.how == "log":
            return z.log()
        if self.how == "exp":
            return (z * 1000).exp()
        return z / z


class Root(nn.Module):
    """|x − its first column|: all values are fine; the slope of the root at 0 is not."""

    def __init__(self, kind="nan"):
        super().__init__()
        self.kind = kind

    def forward(self, x):
        z = x - x[..., :1].detach()
        return z.square().sqrt() if self.kind == "nan" else z.abs().sqrt() + (z.sign() * z).sqrt()


class WeightRoot(nn.Module):
    """A leaf whose input gets a fine gradient and whose parameter does not."""

    def __init__(self, d):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(d))

    def forward(self, x):
        return x * (1 + self.weight.square().sqrt())


class Pair(nn.Module):
    """A leaf with two inputs; the gradient of the second one is bad."""

    def forward(self, a, b):
        return a + (b - b[..., :1].detach()).square().sqrt()


class Huge(nn.Module):
    """Finite numbers whose sum is not."""

    def forward(self, x):
        return x + 2e38


class Named(nn.Module):
    """Runs its parts in an order of its own, not in the one in which they were registered."""

    def __init__(self, order, **parts):
        super().__init__()
        self.order = order
        for name, part in parts.items():
            self.add_module(name, part)

    def forward(self, x):
        for name in self.order:
            x = getattr(self, name)(x)
        return x


class Branches(nn.Module):
    """All of its branches read the same tensor; then their results are added, to it too."""

    def __init__(self, *branches):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x):
        for out in [branch(x) for branch in self.branches]:
            x = x + out
        return x


class Joined(nn.Module):
    """Two layers of one input, joined by a leaf that takes both."""

    def __init__(self, d, join):
        super().__init__()
        self.one, self.two, self.join = nn.Linear(d, d), nn.Linear(d, d), join

    def forward(self, x):
        return self.join(self.one(x), self.two(x))


def healthy(draw, d):
    """One layer in which nothing goes wrong."""
    kind = draw.integer(0, 3)
    if kind == 0:
        return draw.fill(nn.Linear(d, d))
    return (nn.Tanh(), nn.LayerNorm(d), nn.GELU())[kind - 1]


def around(draw, d, *faults):
    """A nested chain with these leaves in it, each somewhere, with a layer that has parameters on both sides."""
    chain = [draw.fill(nn.Linear(d, d))]
    for fault in faults:
        chain += [healthy(draw, d) for _ in range(draw.integer(0, 2))]
        inner = [healthy(draw, d) for _ in range(draw.integer(0, 2))]
        chain.append(nn.Sequential(*inner, nn.Sequential(fault), draw.fill(nn.Linear(d, d))))
    return nn.Sequential(*chain)


def data(draw, d):
    return draw.normal(draw.integer(3, 6), 2, d)


def test_clean(submission, draw, observe):
    """Where all is finite the answer is None, for floats and for integer ids, also where the sum is too large"""
    d = draw.integer(4, 8)
    observe("a healthy chain", submission.first_bad(around(draw, d, healthy(draw, d)), data(draw, d)))
    model = nn.Sequential(nn.Embedding(9, d), around(draw, d, Branches(nn.Linear(d, d), nn.Tanh())))
    observe("a healthy model of integer ids", submission.first_bad(model, draw.integers(0, 9, 4, 3)))
    observe(
        "finite outputs, infinite sum", submission.first_bad(around(draw, d, nn.Tanh()).append(Huge()), data(draw, d))
    )


def test_forward(submission, draw, observe):
    """The leaf whose output first holds NaN, or infinity, is named, with its whole path"""
    for how in ("zero by zero", "log", "exp"):
        d = draw.integer(4, 8)
        model = around(draw, d, Smallest(how))
        observe(f"a chain with one leaf of {how}", submission.first_bad(model, data(draw, d)))
    model = nn.Sequential(nn.Embedding(9, d), around(draw, d, Smallest("log")))
    observe("log, after an embedding", submission.first_bad(model, draw.integers(0, 9, 4, 3)))
    observe("a model that is itself a leaf", submission.first_bad(Smallest("exp"), data(draw, d)))


def test_order(submission, draw, observe):
    """Of several, the one that ran first, whatever becomes of it later"""
    d = draw.integer(4, 8)
    observe(
        "first exp, then log", submission.first_bad(around(draw, d, Smallest("exp"), Smallest("log")), data(draw, d))
    )
    parts = {"late": Smallest("log"), "head": nn.Linear(d, d), "early": Smallest("exp"), "stem": nn.Linear(d, d)}
    model = Named(["stem", "early", "head", "late"], **parts)
    observe("registered in another order than they run", submission.first_bad(model, data(draw, d)))
    again = nn.Sequential(nn.Linear(d, d), Smallest("log"), nn.Sigmoid(), nn.Linear(d, d), nn.Tanh())
    observe("infinity that a later layer makes finite", submission.first_bad(again, data(draw, d)))


def test_backward(submission, draw, observe):
    """The leaf that turns a finite gradient into NaN or infinity is named; of several, the one nearest to the output"""
    for kind in ("nan", "inf"):
        d = draw.integer(4, 8)
        observe(f"one root, gradient {kind}", submission.first_bad(around(draw, d, Root(kind)), data(draw, d)))
    observe("two roots", submission.first_bad(around(draw, d, Root(), Root()), data(draw, d)))
    parts = {"late": Root(), "head": nn.Linear(d, d), "early": Root(), "stem": nn.Linear(d, d)}
    model = Named(["stem", "early", "head", "late"], **parts)
    observe("registered in another order than they run", submission.first_bad(model, data(draw, d)))
    model = nn.Sequential(nn.Embedding(9, d), around(draw, d, Root()))
    observe("a root, after an embedding", submission.first_bad(model, draw.integers(0, 9, 4, 3)))


def test_parameters(submission, draw, observe):
    """A bad gradient of a parameter counts too, where its leaf received a finite one; frozen ones have none"""
    d = draw.integer(4, 8)
    observe("one parameter", submission.first_bad(around(draw, d, WeightRoot(d)), data(draw, d)))
    model = around(draw, d, WeightRoot(d), nn.Linear(d, d))
    model[0].requires_grad_(False)
    observe("a frozen layer beside it", submission.first_bad(model, data(draw, d)))
    model = around(draw, d, Root(), WeightRoot(d).requires_grad_(False))
    observe("a root, and a frozen parameter", submission.first_bad(model, data(draw, d)))


def test_branches(submission, draw, observe):
    """Layers that read the same tensor as the culprit are not accused; each input of a leaf counts"""
    d = draw.integer(4, 8)
    for place in range(3):
        parts = [draw.fill(nn.Linear(d, d)) for _ in range(3)]
        parts[place] = nn.Sequential(Root(), nn.Tanh())
        model = around(draw, d, Branches(*parts))
        observe(f"a root in branch {place} of 3", submission.first_bad(model, data(draw, d)))
    model = nn.Sequential(nn.Linear(d, d), nn.Tanh(), Joined(d, Pair()), nn.Tanh())
    observe("the second input of a leaf", submission.first_bad(model, data(draw, d)))


def state(model):
    """The hooks, gradients and modes of a model, as plain data."""
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    left = [len(getattr(m, kind)) for m in model.modules() for kind in hooks]
    left += [len(p._backward_hooks or ()) for p in model.parameters()]
    left += [len(p._post_accumulate_grad_hooks or ()) for p in model.parameters()]
    left += [len(getattr(nn.modules.module, f"_global{kind}")) for kind in hooks]
    grads = [None if p.grad is None else p.grad.tolist() for p in model.parameters()]
    return {
        "hooks": left,
        "grads": grads,
        "modes": [*(m.training for m in model.modules()), torch.is_anomaly_enabled()],
    }


def used(draw, d, *faults):
    """A model somebody works with: a hook of theirs, gradients in some parameters, parts in eval mode."""
    model = around(draw, d, *faults)
    model[0].register_forward_hook(lambda *_: None)
    model[0].weight.register_hook(lambda g: None)
    model[0].weight.grad = draw.normal(d, d)
    model[1].eval()
    return model


def same(observe, name, model, before):
    after = state(model)
    more, fewer = (
        any(a * sign > b * sign for a, b in zip(after["hooks"], before["hooks"], strict=True)) for sign in (1, -1)
    )
    observe(f"no hook of yours after {name}", not more, holds("is_true", "A hook of yours is still there."))
    observe(f"hooks of others after {name}", not fewer, holds("is_true", "A hook of somebody else's is gone."))
    for key, says in (("grads", "The .grad of a parameter is not what it was before."),
                      ("modes", "A module is in another mode than before.")):  # fmt: skip
        observe(f"{key} after {name}", after[key] == before[key], holds("is_true", says))


def test_as_before(submission, draw, observe):
    """Hooks, gradients and modes are as before"""
    d = draw.integer(4, 8)
    for name, fault in (("a healthy model", nn.Tanh()), ("a bad output", Smallest("log")), ("a bad gradient", Root())):
        model, x = used(draw, d, fault), data(draw, d)
        before, copy = state(model), x.clone()
        submission.first_bad(model, x)
        same(observe, name, model, before)
        observe(f"x after {name}", torch.equal(x, copy), holds("is_true", "x was written to."))


class Breaks(nn.Module):
    def forward(self, x):
        raise KeyError("on the way")


class BreaksBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, g):
        raise KeyError("on the way back")


class Backward(nn.Module):
    def forward(self, x):
        return BreaksBackward.apply(x)


def test_after_an_exception(submission, draw, observe):
    """Also when the model raises on the way, and the exception reaches the caller"""
    d = draw.integer(4, 8)
    for name, fault in (("an exception in forward", Breaks()), ("an exception in backward", Backward())):
        model = used(draw, d, fault)
        before = state(model)
        observe.raises(name, submission.first_bad, model, data(draw, d), type="KeyError")
        same(observe, name, model, before)
