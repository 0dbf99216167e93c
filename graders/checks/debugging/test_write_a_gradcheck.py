"""Checks for write-a-gradcheck: good and bad functions of one input, of several, of any upstream, size and dtype."""

import sys

import torch

from graders.kit import holds

F64 = torch.float64


def op(forward, backward):
    """A function with a backward of its own: backward(g, *inputs) gives one gradient for each input, or one for one."""

    class Op(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *xs):
            ctx.save_for_backward(*xs)
            return forward(*xs)

        @staticmethod
        def backward(ctx, g):
            return backward(g, *ctx.saved_tensors)

    return Op.apply


def numbers(draw, *shape, dtype=F64):
    """Numbers between 0.3 and 1.5 in size; every second one is negative."""
    x = draw.uniform(*shape, low=0.3, high=1.5, dtype=dtype)
    sign = 1 - 2 * ((torch.arange(x.numel()) + draw.integer(0, 1)) % 2)
    return x * sign.view(shape).to(dtype)


def second_off(g, a, b):
    return g * b, g * b


def but_one(g):
    """The same gradient, with another last entry: off by as much as the largest."""
    changed = g.clone()
    changed.view(-1)[-1] += changed.abs().max()
    return changed


def test_right(submission, draw, observe):
    """A right backward gets True, a bool: functions written by hand and plain torch"""
    b, n = draw.sizes(2, 2, 4)
    x, y = numbers(draw, b, n), numbers(draw, b, n)
    observe("check(exp, right)", submission.check(op(torch.exp, lambda g, x: g * x.exp()), (x,)))
    observe("check(a·b, right)", submission.check(op(torch.mul, lambda g, a, b: (g * b, g * a)), (x, y)))
    total = op(lambda x: (x * x).sum(), lambda g, x: 2 * g * x)
    observe("check(sum of squares, right)", submission.check(total, (numbers(draw, n),)))
    observe("check(tanh of a product, plain torch)", submission.check(lambda a, b: (a @ b.T).tanh(), (x, y)))
    leaky = op(lambda x: torch.where(x > 0, x, 0.1 * x), lambda g, x: torch.where(x > 0, g, 0.1 * g))
    observe("check(leaky ReLU, right)", submission.check(leaky, (x,)))


def test_wrong(submission, draw, observe):
    """A wrong one gets False: a factor, a sign for negative numbers, one entry alone"""
    b, n = draw.sizes(2, 2, 4)
    x = numbers(draw, b, n)
    observe("check(x³, slope 2x²)", submission.check(op(lambda x: x**3, lambda g, x: g * 2 * x * x), (x,)))
    factor = draw.random.choice([0.97, 1.03])
    nearly = op(torch.exp, lambda g, x: factor * g * x.exp())
    observe(f"check(exp, its gradient times {factor})", submission.check(nearly, (x,)))
    leaky = op(lambda x: torch.where(x > 0, x, 0.8 * x), lambda g, x: torch.where(x > 0, g, -0.8 * g))
    observe("check(leaky ReLU, sign for x < 0)", submission.check(leaky, (x,)))
    observe("check(exp, one entry off)", submission.check(op(torch.exp, lambda g, x: but_one(g * x.exp())), (x,)))


def test_inputs(submission, draw, observe):
    """Every input is looked at; one that is not used has the gradient 0"""
    b, n = draw.sizes(2, 2, 4)
    x, y, z = numbers(draw, b, n), numbers(draw, b, n), numbers(draw, n)
    observe("check(a·b, second input off)", submission.check(op(torch.mul, second_off), (x, y)))
    three = op(lambda a, b, c: a * b + c, lambda g, a, b, c: (g * b, g * a, 1.1 * g.sum(0)))
    observe("check(a·b + c, third input off)", submission.check(three, (x, y, z)))
    observe("check(sin of the first of two)", submission.check(lambda a, b: a.sin(), (x, y)))
    none = op(lambda a, b: a.sin(), lambda g, a, b: (g * a.cos(), None))
    observe("check(the same, None for the other)", submission.check(none, (x, y)))
    observe("check(a·b, None for b)", submission.check(op(torch.mul, lambda g, a, b: (g * b, None)), (x, y)))


def test_upstream(submission, draw, observe):
    """It is right for any gradient that arrives, entry by entry"""
    b, n = draw.sizes(2, 3, 5)
    x, bias = numbers(draw, b, n), numbers(draw, n)
    rolled = op(torch.exp, lambda g, x: (g * x.exp()).roll(1, 1))
    observe("check(exp, gradient of the neighbor)", submission.check(rolled, (x,)))
    alone = op(torch.exp, lambda g, x: x.exp())
    observe("check(exp, without the upstream)", submission.check(alone, (x,)))
    mixed = op(torch.exp, lambda g, x: g.mean() * x.exp())
    observe("check(exp, mean of the upstream)", submission.check(mixed, (x,)))
    for name, back in (
        ("summed over the batch", lambda g: g.sum(0)),
        ("left to autograd", lambda g: g),
        ("of the first row", lambda g: g[0]),
        ("averaged over the batch", lambda g: g.mean(0)),
    ):
        add = op(torch.add, lambda g, x, bias, back=back: (g, back(g)))
        observe(f"check(x + bias, gradient {name})", submission.check(add, (x, bias)))


def test_scale(submission, draw, observe):
    """Gradients of 1e-7 and of 1e5 are judged alike"""
    b, n = draw.sizes(2, 2, 4)
    x, y = numbers(draw, b, n), numbers(draw, b, n)
    for scale in (1e-7, 1e5):
        right = op(lambda x, s=scale: s * x.exp(), lambda g, x, s=scale: s * g * x.exp())
        wrong = op(lambda x, s=scale: s * x.exp(), lambda g, x, s=scale: 1.1 * s * g * x.exp())
        observe(f"check({scale:g} · exp, right)", submission.check(right, (x,)))
        observe(f"check({scale:g} · exp, off by a tenth)", submission.check(wrong, (x,)))
    small = op(lambda a, b: 1e5 * a + 1e-2 * b, lambda g, a, b: (1e5 * g, 2e-2 * g))
    observe("check(1e5 · a + 0.01 · b, b off)", submission.check(small, (x, y)))


def test_single(submission, draw, observe):
    """float32 inputs are checked in float64, or the differences drown in rounding"""
    b, n = draw.sizes(2, 2, 4)
    x, y = numbers(draw, b, n, dtype=torch.float32), numbers(draw, b, n, dtype=torch.float32)
    observe("check(exp of float32, right)", submission.check(op(torch.exp, lambda g, x: g * x.exp()), (x,)))
    observe("check(a·b of float32, right)", submission.check(lambda a, b: (a * b).sin(), (x, y)))
    near = op(torch.exp, lambda g, x: 0.97 * g * x.exp())
    observe("check(exp of float32, gradient times 0.97)", submission.check(near, (x,)))
    observe("check(float64 and float32, right)", submission.check(lambda a, b: a.double() * b, (x, y.double())))


def trouble(g, x):
    raise ValueError("on the way back")


def hole(g, x):
    found = g * x.exp()
    found.view(-1)[0] = torch.nan
    return found


def test_broken(submission, draw, observe):
    """A backward that raises, gives NaN or another shape, or that is not there, is wrong"""
    b, n = draw.sizes(2, 2, 4)
    x = numbers(draw, b, n)
    observe("check(exp, backward raises)", submission.check(op(torch.exp, trouble), (x,)))
    observe("check(exp, NaN in its gradient)", submission.check(op(torch.exp, hole), (x,)))
    observe("check(exp, a row too few)", submission.check(op(torch.exp, lambda g, x: (g * x.exp())[1:]), (x,)))
    observe("check(exp, detached)", submission.check(lambda x: x.detach().exp(), (x,)))


def test_shapes(submission, draw, observe):
    """0-d inputs, three dimensions, memory that is not contiguous"""
    b, n = draw.sizes(2, 2, 4)
    right, wrong = op(torch.exp, lambda g, x: g * x.exp()), op(torch.exp, lambda g, x: but_one(g * x.exp()))
    for name, x in (
        ("0-d", numbers(draw).abs()),
        ("3-d", numbers(draw, 2, n, 2)),
        ("transposed", numbers(draw, n, b).t()),
        ("strided", draw.strided(numbers(draw, b, n))),
    ):
        observe(f"check(exp, right), {name}", submission.check(right, (x,)))
        observe(f"check(exp, one entry off), {name}", submission.check(wrong, (x,)))


def test_untouched(submission, draw, observe):
    """The inputs stay as they were: values, flags, gradients"""
    for dtype, asks in ((F64, True), (F64, False), (torch.float32, True)):
        x = numbers(draw, 2, 3, dtype=dtype).requires_grad_(asks)
        before, version = x.detach().clone(), x._version
        observe("check(sin, x)", submission.check(torch.sin, (x,)))
        same = x._version == version and torch.equal(x.detach(), before)
        observe("x as it was", same, holds("is_true", "An input was written to."))
        flags = x.requires_grad is asks and x.is_leaf and x.grad is None
        observe("flags of x", flags, holds("is_true", "An input's requires_grad or .grad has changed."))


def test_own(submission, draw, observe):
    """It is your own work: torch's gradcheck was not called"""
    called = []

    def note(frame, event, arg):
        if frame.f_code.co_filename.endswith("gradcheck.py") and "autograd" in frame.f_code.co_filename:
            called.append(event)

    x = numbers(draw, 2, 3)
    sys.setprofile(note)
    try:
        submission.check(torch.sin, (x,))
    finally:
        sys.setprofile(None)
    observe("without gradcheck", not called, holds("is_true", "torch.autograd.gradcheck did the work."))
