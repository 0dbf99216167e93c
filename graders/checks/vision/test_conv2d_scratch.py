"""Checks for conv2d-scratch: values, bias, padding, stride, pairs of them, small sizes, dtypes, gradients."""

import torch


def case(draw, kernel=None, dtype=torch.float32, bias=False):
    """A picture and kernels, no two sizes equal; and a bias, or None."""
    b, c, o = draw.sizes(3, low=2, high=5)
    h, w = draw.sizes(2, low=8, high=12)
    kh, kw = kernel or draw.random.choice([(2, 3), (3, 2), (4, 3), (3, 5)])
    x = draw.normal(b, c, h, w, mean=0.5, dtype=dtype)
    return x, draw.normal(o, c, kh, kw, dtype=dtype), draw.normal(o, mean=1, dtype=dtype) if bias else None


def test_values(submission, draw, observe):
    """Stride 1, no padding: every window of all channels, times the kernel, summed"""
    x, w, _ = case(draw, (1, 1))
    observe.call("a kernel of 1 × 1", submission.conv2d, x, w)
    for kernel in ((2, 3), (5, 2), (3, 3)):
        x, w, _ = case(draw, kernel)
        observe.call(f"x {list(x.shape)}, w {list(w.shape)}", submission.conv2d, x, w)


def test_bias(submission, draw, observe):
    """b[o] is added to channel o"""
    for _ in range(2):
        x, w, b = case(draw, bias=True)
        observe.call(f"x {list(x.shape)}, w {list(w.shape)}, with b", submission.conv2d, x, w, b)


def test_padding(submission, draw, observe):
    """Zeros on both sides of both axes"""
    for padding in (1, 2):
        x, w, b = case(draw, bias=True)
        observe.call(f"padding={padding}", submission.conv2d, x, w, b, padding=padding)


def test_stride(submission, draw, observe):
    """Windows begin stride apart along both axes; what does not fill a window is left out"""
    for stride in (2, 3):
        x, w, b = case(draw, bias=True)
        observe.call(f"stride={stride}, {list(x.shape)}", submission.conv2d, x, w, b, stride)
    x, w, b = case(draw, (3, 2), bias=True)
    observe.call("stride=2, padding=1", submission.conv2d, x, w, b, 2, 1)


def test_padding_of_two(submission, draw, observe):
    """padding=(height, width)"""
    for padding in ((1, 2), (3, 0)):
        x, w, b = case(draw, bias=True)
        observe.call(f"padding={padding}", submission.conv2d, x, w, b, padding=padding)


def test_stride_of_two(submission, draw, observe):
    """stride=(height, width), also with padding"""
    for stride, padding in (((1, 2), 0), ((3, 1), 1), ((2, 3), (1, 2))):
        x, w, b = case(draw, bias=True)
        observe.call(f"stride={stride}, padding={padding}", submission.conv2d, x, w, b, stride, padding)


def test_sizes(submission, draw, observe):
    """One picture, one channel, a kernel as large as the picture, patches side by side, memory with gaps"""
    x, w, b = draw.normal(1, 1, 7, 6), draw.normal(1, 1, 3, 2), draw.normal(1)
    observe.call("[1, 1, 7, 6]", submission.conv2d, x, w, b)
    x, w = draw.normal(3, 2, 5, 4), draw.normal(6, 2, 5, 4)
    observe.call("a kernel as large as the picture", submission.conv2d, x, w)
    observe.call("a kernel larger than the picture, padded", submission.conv2d, x, draw.normal(3, 2, 7, 6), None, 1, 1)
    observe.call("one row, one column", submission.conv2d, draw.normal(2, 3, 1, 1), draw.normal(4, 3, 1, 1))
    x, w = draw.normal(2, 3, 8, 6), draw.normal(5, 3, 4, 3)
    observe.call("patches side by side", submission.conv2d, x, w, None, (4, 3))
    observe.call("strided memory", submission.conv2d, draw.strided(x), draw.strided(w), None, 2, (0, 1))


def test_dtype(submission, draw, observe):
    """float64 in, float64 out; what is made on the way lies where x is"""
    x, w, b = case(draw, dtype=torch.float64, bias=True)
    observe.call("float64", submission.conv2d, x, w, b, 2, 1)
    x, w, b = case(draw, bias=True)
    observe.stays_on_device("conv2d elsewhere", submission.conv2d, x, w, b, 2, 1)


def test_gradients(submission, draw, observe):
    """x, w and b get their gradients"""
    x, w, b = case(draw, dtype=torch.float64, bias=True)
    names = ["x", "w", "b"]
    observe.gradients("conv2d", submission.conv2d, x, w, b, names=names)
    observe.gradients("conv2d, stride, padding", submission.conv2d, x, w, b, names=names, stride=(2, 3), padding=(2, 1))
