"""Checks for activation-probe: names, spread, saturation, gradients, what is left behind, exceptions, update ratios."""

import torch
from torch import nn
from torch.nn.modules import module as everywhere

from graders.kit import equal, holds

CLOSE = equal(rtol=1e-4, atol=1e-6, because="a mean and a spread of a few dozen float32 numbers")
HOOKS = "After the call the model has other hooks than before it."
GRADS = "After the call a parameter's .grad is not what it was."


class Squash(nn.Tanh):
    """A kind of Tanh."""


def net(draw, scale=0.8):
    """Tanh layers at two depths, one of them of a subclass; widths that all differ."""
    a, b, c, d, e = draw.sizes(5, low=3)
    inner = nn.Sequential(nn.Linear(b, c), nn.Tanh(), nn.Linear(c, d))
    model = nn.Sequential(nn.Linear(a, b), nn.Tanh(), inner, Squash(), nn.Linear(d, e))
    return draw.fill(model, scale=scale), draw.normal(draw.integer(10, 16), a)


def column(table, key):
    return {name: row[key] for name, row in table.items()}


def hooks(model):
    """How many hooks hang anywhere, and which modules have a forward of their own."""
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    counts = [[len(getattr(m, kind)) for kind in kinds] + ["forward" in vars(m)] for m in model.modules()]
    return counts, [len(getattr(everywhere, f"_global{kind}")) for kind in kinds]


def test_names(submission, draw, observe):
    """A row for every module of the kinds, at any depth, under the model's own name; four floats in each"""
    model, x = net(draw)
    for kinds in ((nn.Tanh,), (nn.Linear, nn.Tanh), (nn.Sequential,), (nn.GELU,)):
        table = submission.probe(model, x, kinds)
        name = ", ".join(kind.__name__ for kind in kinds)
        observe(f"rows for {name}", {module: sorted(row) for module, row in table.items()})
        floats = {type(value).__name__ for row in table.values() for value in row.values()}
        observe(f"kinds of numbers for {name}", sorted(floats))


def test_spread(submission, draw, observe):
    """mean and std are those of the modules' outputs"""
    for kinds in ((nn.Tanh,), (nn.Linear, nn.Sequential)):
        model, x = net(draw)
        table = submission.probe(model, x, kinds)
        observe("means", column(table, "mean"), CLOSE)
        observe("stds", column(table, "std"), CLOSE)


def test_saturation(submission, draw, observe):
    """sat is the share of outputs beyond ±0.97"""
    for scale in (0.5, 1.5):
        model, x = net(draw, scale)
        observe("sat", column(submission.probe(model, x, (nn.Tanh,)), "sat"), CLOSE)
    a, b = draw.sizes(2, low=4)
    clipped = draw.fill(nn.Sequential(nn.Linear(a, b), nn.Hardtanh(-0.97, 0.97)), 2.0).double()
    x = draw.normal(30, a, dtype=torch.float64)
    observe("sat of outputs cut off at ±0.97", column(submission.probe(clipped, x, (nn.Hardtanh,)), "sat"), CLOSE)


def test_gradient(submission, draw, observe):
    """grad_std is the spread of the gradient of model(x).sum()"""
    for kinds in ((nn.Tanh,), (nn.Linear,)):
        model, x = net(draw)
        observe("grad_std", column(submission.probe(model, x, kinds), "grad_std"), CLOSE)


def test_parameters(submission, draw, observe):
    """The parameters and their .grad are what they were"""
    model, x = net(draw)
    params = dict(model.named_parameters())
    for number, p in enumerate(params.values()):
        p.grad = draw.normal(*p.shape) if number % 2 else None
    grads = {name: p.grad for name, p in params.items()}
    copies = {name: g if g is None else g.clone() for name, g in grads.items()}
    before = model(x)
    submission.probe(model, x, (nn.Tanh, nn.Linear))
    same = all(
        p.grad is None if copies[name] is None else p.grad is not None and torch.equal(p.grad, copies[name])
        for name, p in params.items()
    )
    observe("gradients of the parameters", same, holds("is_true", GRADS))
    says = "After the call the model gives another output."
    observe("output of the model", torch.equal(model(x), before), holds("is_true", says))
    observe("mode of the model", [m.training for m in model.modules()])


def test_hooks(submission, draw, observe):
    """No hook is left behind, and the owner's are still there"""
    model, x = net(draw)
    model[1].register_forward_hook(lambda m, args, out: None)
    before = hooks(model)
    submission.probe(model, x, (nn.Tanh, nn.Linear))
    after = hooks(model)
    more = [sum(sum(row) for row in counts) + sum(shared) for counts, shared in (before, after)]
    observe("hooks left behind", more[1] <= more[0], holds("is_true", "A hook of yours is still on the model."))
    observe("hooks", before == after, holds("is_true", HOOKS))


def test_exception(submission, draw, observe):
    """When the model raises, the exception comes through, and the hooks are gone"""

    class Broken(nn.Module):
        def forward(self, x):
            raise ZeroDivisionError("in the middle of the model")

    model, x = net(draw)
    model.append(Broken())
    before = hooks(model)
    observe.raises("probe of a model that raises", submission.probe, model, x, (nn.Tanh,), type="ZeroDivisionError")
    observe("hooks", hooks(model) == before, holds("is_true", HOOKS))


def graded(draw):
    """A model with gradients, of which weights and biases have other means and spreads."""
    model, _ = net(draw)
    for p in model.parameters():
        p.grad = draw.normal(*p.shape, scale=draw.number(0.01, 2), mean=draw.number(-1, 1))
    return model


def test_ratio(submission, draw, observe):
    """update_ratio is log10(lr · std of the gradient / std of the data)"""
    for lr in (0.1, 3e-4):
        observe(f"update_ratio, lr = {lr:g}", submission.update_ratio(graded(draw).named_parameters(), lr), CLOSE)


def test_no_gradient(submission, draw, observe):
    """Parameters without a gradient are left out"""
    model = graded(draw)
    for p in list(model.parameters())[::3]:
        p.grad = None
    observe("update_ratio", submission.update_ratio(list(model.named_parameters()), 0.01), CLOSE)
