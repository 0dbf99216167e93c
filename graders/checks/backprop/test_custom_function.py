"""Checks for custom-function: unbroadcast, forward, gradients by shape, gradcheck, frozen inputs, what is kept."""

import torch

from graders.kit import holds

F64 = torch.float64
WORK = ("mm", "bmm", "addmm", "baddbmm", "mv", "addmv", "dot", "sum")


def inputs(draw, *shape, out):
    """x of a shape, W and b, as leaves that ask for gradients."""
    x, w, b = draw.normal(*shape, dtype=F64), draw.normal(out, shape[-1], dtype=F64), draw.normal(out, dtype=F64)
    return [t.requires_grad_() for t in (x, w, b)]


def gradients(submission, draw, observe, name, x, w, b):
    """Observe the result and the three gradients, with a random gradient from above."""
    for t in (x, w, b):
        t.grad = None
    y = submission.LinearFn.apply(x, w, b)
    observe(f"y for {name}", y.detach())
    y.backward(draw.normal(*y.shape, dtype=y.dtype))
    for label, t in (("x", x), ("W", w), ("b", b)):
        observe(f"gradient of {label} for {name}", t.grad)


def test_missing_dims(submission, draw, observe):
    """unbroadcast sums over dimensions that the operand did not have"""
    a, b, c = draw.sizes(3)
    for g, shape in (((a, b), (b,)), ((a, b, c), (c,)), ((a, b, c), (b, c)), ((a, b), ()), ((a,), ())):
        observe.call(f"unbroadcast(g {list(g)}, {shape})", submission.unbroadcast, draw.normal(*g, mean=1), shape)


def test_size_one(submission, draw, observe):
    """unbroadcast sums over dimensions of size 1 that were stretched, and keeps them"""
    a, b, c = draw.sizes(3)
    for g, shape in (((a, b), (a, 1)), ((a, b), (1, b)), ((a, b, c), (1, b, 1)), ((a, b), (1, 1)), ((a,), (1,))):
        observe.call(f"unbroadcast(g {list(g)}, {shape})", submission.unbroadcast, draw.normal(*g, mean=1), shape)


def test_both(submission, draw, observe):
    """Both at once, or nothing at all; a torch.Size; a size 1 that is 1 in g too"""
    a, b, c = draw.sizes(3)
    for g, shape in (((a, b, c), (b, 1)), ((a, b, c), (1, c)), ((a, b, c, 2), (b, 1, 2)), ((a, b), (1,))):
        size = torch.Size(shape)
        observe.call(f"unbroadcast(g {list(g)}, {size})", submission.unbroadcast, draw.normal(*g, mean=1), size)
    for g, shape in (((a, b), (a, b)), ((a, 1), (a, 1)), ((a, 1, b), (1, b)), ((), ())):
        g = draw.normal(*g, mean=1, dtype=F64)
        observe.call(f"unbroadcast(g {list(g.shape)}, {shape})", submission.unbroadcast, g, shape)


def test_forward(submission, draw, observe):
    """LinearFn is a Function, and its result is x Wᵀ + b"""
    ours = issubclass(submission.LinearFn, torch.autograd.Function)
    observe("LinearFn is a Function", ours, holds("is_true", "LinearFn is no subclass of torch.autograd.Function."))
    a, n, i, o = draw.sizes(4)
    for shape, out in (((a, n), n), ((a, i), o), ((a, n, i), o), ((i,), o)):
        x, w, b = (t.detach() for t in inputs(draw, *shape, out=out))
        observe.call(f"apply(x {list(shape)}, W {list(w.shape)}, b)", submission.LinearFn.apply, x, w, b)


def test_square(submission, draw, observe):
    """The gradients of x, W and b for a square W, where no shape would betray a transpose"""
    b, n = draw.sizes(2, low=3)
    gradients(submission, draw, observe, f"x [{b}, {n}], W [{n}, {n}]", *inputs(draw, b, n, out=n))


def test_leading_dims(submission, draw, observe):
    """The same for more leading dimensions, sizes of 1, other widths"""
    a, b, i, o = draw.sizes(4)
    for shape in ((b, i), (a, b, i), (a, 1, b, i), (1, i)):
        gradients(submission, draw, observe, f"x {list(shape)}, W [{o}, {i}]", *inputs(draw, *shape, out=o))
    gradients(submission, draw, observe, f"x [{b}, {i}], W [1, {i}]", *inputs(draw, b, i, out=1))


def test_vector(submission, draw, observe):
    """The same for a single vector x [I]"""
    i, o = draw.sizes(2)
    gradients(submission, draw, observe, f"x [{i}]", *inputs(draw, i, out=o))


def test_gaps(submission, draw, observe):
    """Memory with gaps, also that of the gradient from above"""
    a, b, i, o = draw.sizes(4)
    x, w, bias = inputs(draw, a, b, i, out=o)
    x = draw.strided(x.detach()).requires_grad_()
    gradients(submission, draw, observe, "x with gaps", x, w, bias)
    x = draw.normal(i, b, a, dtype=F64).mT.transpose(0, 2).contiguous().transpose(0, 1).requires_grad_()
    gradients(submission, draw, observe, "x turned", x, w, bias)
    x, w, bias = inputs(draw, a, b, i, out=o)
    submission.LinearFn.apply(x, w, bias).sum().backward()
    observe("gradients of the sum of y", [x.grad, w.grad, bias.grad])


def test_gradcheck(submission, draw, observe):
    """torch.autograd.gradcheck agrees, by nudging every number"""
    for shape in ((2, 3), (2, 1, 3)):
        leaves = inputs(draw, *shape, out=2)
        fine = torch.autograd.gradcheck(submission.LinearFn.apply, leaves, raise_exception=False)
        observe(f"gradcheck for x {list(shape)}", fine, holds("is_true", "gradcheck finds a wrong gradient."))


def cost(submission, observe, leaves, frozen):
    """Products and sums on the way back when some inputs are frozen; and the gradients of the others."""
    for number, t in enumerate(leaves):
        t.grad = None
        t.requires_grad_(number not in frozen)
    y = submission.LinearFn.apply(*leaves)
    with observe.operations() as ops:
        y.backward(torch.ones_like(y))
    return ops.count(*WORK), [t.grad for t in leaves]


def test_frozen(submission, draw, observe):
    """For a frozen input nothing is computed"""
    a, b, i, o = draw.sizes(4)
    leaves = inputs(draw, a, b, i, out=o)
    every, _ = cost(submission, observe, leaves, ())
    for number, name in enumerate(("x", "W", "b")):
        fewer, grads = cost(submission, observe, leaves, (number,))
        says = f"With {name} frozen, the way back takes as many products and sums as without: for whom?"
        observe(f"less work with {name} frozen", fewer < every, holds("is_true", says))
        observe(f"gradients with {name} frozen", grads)
    _, grads = cost(submission, observe, leaves, (0, 2))
    observe("gradients with x and b frozen", grads)


def test_kept(submission, draw, observe):
    """autograd raises when x or W was overwritten before the way back"""
    b, i, o = draw.sizes(3)
    for name in ("x", "W"):
        x, w, bias = inputs(draw, b, i, out=o)
        y = submission.LinearFn.apply(x, w, bias)
        with torch.no_grad():
            (x if name == "x" else w).add_(1)
        observe.raises(f"backward after {name} += 1", y.sum().backward, type="RuntimeError")
