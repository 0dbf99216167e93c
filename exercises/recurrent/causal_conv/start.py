"""A filter that slides over time and never looks ahead."""

import torch


def causal_conv1d(x: torch.Tensor, w: torch.Tensor, dilation: int = 1) -> torch.Tensor:
    """Output t is a weighted sum of inputs t, t − dilation, t − 2·dilation, …; what lies before the start counts as 0.

    x: [B, C, T] floating, time last; T may be smaller than the filter's reach
    w: [O, C, K], x's dtype; w[..., K − 1] multiplies input t itself, w[..., K − 2] the one `dilation` steps before, …
    dilation: 1 or more
    returns: [B, O, T], x's dtype; x and w are not changed, gradients flow to both

    y[b, o, t] = sum over c and k of w[o, c, k] · x[b, c, t − (K − 1 − k) · dilation]

    torch.nn.functional.conv1d is allowed: it is the same sum, without the zeros in front.

    Example: x = [[[1., 2., 3., 4.]]] and w = [[[10., 1.]]] give [[[1., 12., 23., 34.]]], with dilation=2
    [[[1., 2., 13., 24.]]].
    """
    raise NotImplementedError  # TODO
