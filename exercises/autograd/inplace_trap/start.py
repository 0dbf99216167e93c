"""Three functions that save a copy, and pay for it: each raises, in its forward or in its backward."""

import torch


def f1(x: torch.Tensor) -> torch.Tensor:
    """exp(x) + 1, elementwise; x is a float tensor of any shape with at least one dimension."""
    y = x.exp()
    y += 1  # TODO: exp's backward needs its own output
    return y


def f2(x: torch.Tensor) -> torch.Tensor:
    """x with its negative entries replaced by 0; x itself stays as it is. No entry of x is 0."""
    return x.clamp_(min=0)  # TODO: x is the caller's, and may be a leaf


def f3(x: torch.Tensor) -> torch.Tensor:
    """x · s, elementwise, where s is sigmoid(x) with its first row (index 0 of dimension 0) replaced by 1."""
    s = torch.sigmoid(x)
    s[0] = 1  # TODO: sigmoid's backward needs its own output
    return x * s


# All three: right values, right gradients for x, and x is not written to.
