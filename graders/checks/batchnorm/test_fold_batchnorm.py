"""Checks for fold-batchnorm: values, square layers, what may be missing, train mode, what stays, memory, dtypes."""

import torch
from torch import nn

from graders.kit import equal, holds

CLOSE = equal(rtol=1e-4, atol=1e-5, because="float32, and scales of up to a few dozen")
CHANGED = "A module that was passed in is not what it was."


def pair(draw, i, o, bias=True, affine=True, dtype=torch.float32, eps=None):
    """A layer and a norm in eval mode, whose every number is drawn; the running variances are small, eps is not."""
    eps = draw.number(0.02, 0.1) if eps is None else eps
    linear = draw.fill(nn.Linear(i, o, bias=bias, dtype=dtype), 0.5)
    bn = draw.fill(nn.BatchNorm1d(o, eps=eps, affine=affine, dtype=dtype), 0.5).eval()
    bn.running_mean.copy_(draw.normal(o, dtype=dtype))
    bn.running_var.copy_(draw.uniform(o, low=1e-3, high=5e-2, dtype=dtype))
    return linear, bn


def look(observe, name, folded, x):
    """Observe what the layer is, what it holds and what it gives."""
    says = f"What comes back, {name}, is no nn.Linear with a bias."
    whole = isinstance(folded, nn.Linear) and isinstance(folded.bias, nn.Parameter)
    observe(f"an nn.Linear with a bias, {name}", whole, holds("is_true", says))
    observe(f"weight {name}", folded.weight.detach(), CLOSE)
    observe(f"bias {name}", folded.bias.detach(), CLOSE)
    observe(f"output {name}", folded(x).detach(), CLOSE)


def test_plain(submission, draw, observe):
    """The folded layer gives what the two gave"""
    for i, o in (draw.sizes(2), draw.sizes(2), (1, 4), (5, 1)):
        look(observe, f"[{o}, {i}]", submission.fold(*pair(draw, i, o)), draw.normal(6, i))
    look(observe, "with the usual eps", submission.fold(*pair(draw, 3, 7, eps=1e-5)), draw.normal(6, 3))


def test_square(submission, draw, observe):
    """Also where the layer is square"""
    n = draw.integer(3, 7)
    look(observe, f"[{n}, {n}]", submission.fold(*pair(draw, n, n)), draw.normal(6, n))


def test_without_bias(submission, draw, observe):
    """A linear layer without a bias gets one"""
    i, o = draw.sizes(2)
    look(observe, "without a bias", submission.fold(*pair(draw, i, o, bias=False)), draw.normal(6, i))


def test_without_affine(submission, draw, observe):
    """A norm without weight and bias can be folded too"""
    for bias in (True, False):
        i, o = draw.sizes(2)
        folded = submission.fold(*pair(draw, i, o, bias=bias, affine=False))
        look(observe, f"of a norm without weight and bias, linear bias {bias}", folded, draw.normal(6, i))


def test_train_mode(submission, draw, observe):
    """The running statistics count, whatever mode bn is in"""
    i, o = draw.sizes(2, low=3)
    linear, bn = pair(draw, i, o)
    look(observe, "of a norm in train mode", submission.fold(linear, bn.train()), draw.normal(6, i))


def test_untouched(submission, draw, observe):
    """Both modules stay as they are"""
    for training in (False, True):
        i, o = draw.sizes(2, low=3)
        linear, bn = pair(draw, i, o)
        bn.train(training)
        modules = (linear, bn)
        before = [{name: t.clone() for name, t in m.state_dict().items()} for m in modules]
        flags = [(m.training, [p.requires_grad for p in m.parameters()]) for m in modules]
        submission.fold(linear, bn)
        after = [m.state_dict() for m in modules]
        same = all(
            sorted(a) == sorted(b) and all(torch.equal(a[name], b[name]) for name in a)
            for a, b in zip(before, after, strict=True)
        )
        observe(f"parameters and buffers, training={training}", same, holds("is_true", CHANGED))
        kept = flags == [(m.training, [p.requires_grad for p in m.parameters()]) for m in modules]
        observe(f"modes and flags, training={training}", kept, holds("is_true", CHANGED))


def test_apart(submission, draw, observe):
    """The new parameters share no memory with the old ones, even where they are equal"""
    i, o = draw.sizes(2, low=3)
    for case in ("any norm", "a norm that does nothing"):
        linear, bn = pair(draw, i, o)
        if case != "any norm":
            with torch.no_grad():
                linear.bias.zero_()
                bn.running_mean.zero_()
                bn.running_var.fill_(0.75)
                bn.weight.fill_(1.0)
            bn.eps = 0.25
        folded = submission.fold(linear, bn)
        for name, old in (("linear.weight", linear.weight), ("linear.bias", linear.bias), ("bn.bias", bn.bias)):
            new = folded.weight if name == "linear.weight" else folded.bias
            observe.apart(f"{name} and the new one, {case}", new.detach(), old)


def test_dtype(submission, draw, observe):
    """The new layer has the dtype of the old one"""
    i, o = draw.sizes(2)
    folded = submission.fold(*pair(draw, i, o, dtype=torch.float64))
    observe("weight in float64", folded.weight.detach())
    observe("bias in float64", folded.bias.detach())
