"""Checks for prefix-mean: values, the past alone, dtypes, device, gradients, no loop, speed."""

import torch

from graders.kit import equal


def slow(x):
    return torch.stack([x[:, : t + 1].mean(dim=1) for t in range(x.shape[1])], dim=1)


def test_values(submission, draw, observe):
    """Row t is the mean of rows 0 … t, in each sequence"""
    b, t, c = draw.sizes(3, low=3)
    for shape in ((b, t, c), (1, t, 1), (b, 1, c), (2, c, c)):
        observe.call(f"prefix_mean(x {list(shape)})", submission.prefix_mean, draw.normal(*shape, mean=1))
    observe.call("prefix_mean(strided x)", submission.prefix_mean, draw.strided(draw.normal(b, t, c)))


def test_past_alone(submission, draw, observe):
    """Changing a later row leaves every earlier result as it was"""
    b, t, c = draw.sizes(3, low=3)
    x = draw.normal(b, t, c)
    cut = draw.integer(1, t - 1)
    changed = torch.cat([x[:, :cut], draw.normal(b, t - cut, c, scale=5)], 1)
    moved = submission.prefix_mean(changed)[:, :cut] - submission.prefix_mean(x)[:, :cut]
    observe("the change of earlier rows", moved, equal(atol=1e-4, says="The future leaks into the past."))


def test_dtype(submission, draw, observe):
    """The result has the dtype of x"""
    for dtype in (torch.float64, torch.bfloat16):
        x = draw.normal(*draw.sizes(3), dtype=dtype)
        observe.call(f"prefix_mean(x {str(dtype).removeprefix('torch.')})", submission.prefix_mean, x)


def test_device(submission, draw, observe):
    """What is made on the way lies where x is"""
    observe.stays_on_device("prefix_mean(x) elsewhere", submission.prefix_mean, draw.normal(*draw.sizes(3)))


def test_gradients(submission, draw, observe):
    """Every row gets its share from all rows after it"""
    x = draw.normal(*draw.sizes(3), dtype=torch.float64)
    observe.gradients("prefix_mean(x)", submission.prefix_mean, x, names=["x"])


def test_no_loop(submission, draw, observe):
    """A longer sequence takes no more steps in Python"""
    b, c = draw.sizes(2)
    observe.no_loop("no loop over T", lambda n: submission.prefix_mean(draw.normal(b, n, c)))


def test_speed(submission, draw, observe):
    """For T = 256 it is at least 5 times as fast as the loop"""
    x = draw.normal(4, 256, 32)
    observe.faster("speed against the loop", lambda: slow(x), lambda: submission.prefix_mean(x), times=5)
