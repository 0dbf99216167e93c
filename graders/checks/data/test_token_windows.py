"""Checks for token-windows: how many, what is in them, stride, both ends, memory, and a DataLoader on top."""

import torch
from torch.utils.data import DataLoader

from graders.kit import holds

NO_ERROR = "An index beyond the windows must raise an IndexError."


def stream(draw, n):
    """n different ids, so that every place can be told from every other."""
    return torch.randperm(n, generator=draw.generator) + 100


def pair(observe, name, data, i):
    """Observe the two halves of a window, whether they come as a tuple or as a list."""
    x, y = data[i]
    observe(f"x of {name}[{i}]", x)
    observe(f"y of {name}[{i}]", y)


def test_length(submission, draw, observe):
    """There are as many windows as fit with all their targets"""
    T = draw.integer(3, 7)
    for n in (3 * T, 3 * T + 1, 4 * T + 2, T + 1, T, T - 1, 1):
        observe(f"len, N = {n}, T = {T}", len(submission.TokenWindows(stream(draw, n), T)))
    for stride in (1, T - 1, T + 2):
        n = draw.integer(4 * T, 6 * T)
        observe(f"len, N = {n}, T = {T}, stride = {stride}", len(submission.TokenWindows(stream(draw, n), T, stride)))
        n = T + 1 + 3 * stride
        observe(f"len, N = {n}, T = {T}, stride = {stride}", len(submission.TokenWindows(stream(draw, n), T, stride)))
    observe("len, N = 9, T = 1", len(submission.TokenWindows(stream(draw, 9), 1)))
    observe(f"len, N = 1, T = {T}, stride = 1", len(submission.TokenWindows(stream(draw, 1), T, 1)))


def test_windows(submission, draw, observe):
    """Window i holds the T tokens from i · T on, and the T tokens that begin one later"""
    T = draw.integer(3, 7)
    tokens = stream(draw, 5 * T + draw.integer(1, T))
    before = tokens.clone()
    data = submission.TokenWindows(tokens, T)
    for i in range(5):
        pair(observe, "windows", data, i)
    observe("the stream", torch.equal(tokens, before), holds("is_true", "The stream has been written to."))


def test_stride(submission, draw, observe):
    """With a stride, window i begins at i · stride; windows may overlap or leave gaps"""
    T = draw.integer(3, 7)
    for stride in (1, T - 1, T + 2):
        data = submission.TokenWindows(stream(draw, T + 1 + 3 * stride), T, stride=stride)
        for i in range(4):
            pair(observe, f"windows of stride {stride}", data, i)
    data = submission.TokenWindows(stream(draw, 6), 1, 2)
    pair(observe, "windows of one token", data, 1)


def test_negative(submission, draw, observe):
    """Negative indices count from the end"""
    T = draw.integer(3, 7)
    data = submission.TokenWindows(stream(draw, 5 * T), T)
    for i in (-1, -2, -4):
        pair(observe, "windows", data, i)


def test_bounds(submission, draw, observe):
    """Beyond the last window, and before the first, there is an IndexError"""
    T, stride = draw.sizes(2, low=3)
    data = submission.TokenWindows(stream(draw, T + 1 + 2 * stride), T, stride)
    empty = submission.TokenWindows(stream(draw, T), T)
    for name, windows, i in (
        ("behind the last", data, 3),
        ("far behind", data, 300),
        ("before the first", data, -4),
        ("in an empty one", empty, 0),
        ("in an empty one, from the end", empty, -1),
    ):
        observe.raises(f"a window {name}", lambda windows=windows, i=i: windows[i], type="IndexError")


def test_views(submission, draw, observe):
    """Windows are views into the stream: nothing is copied"""
    T = draw.integer(3, 7)
    tokens = stream(draw, 5 * T)
    x, y = submission.TokenWindows(tokens, T)[draw.integer(0, 3)]
    observe.shares("x lies in the stream", x, tokens)
    observe.shares("y lies in the stream", y, tokens)


def test_loader(submission, draw, observe):
    """A DataLoader makes batches of it"""
    T, B = draw.integer(3, 7), draw.integer(2, 3)
    data = submission.TokenWindows(stream(draw, 5 * T + 2), T)
    batches = [list(batch) for batch in DataLoader(data, batch_size=B)]
    observe(f"batches of {B} from 5 windows", batches)
