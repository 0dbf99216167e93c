"""A convolution: one small linear layer that slides over a picture."""

import torch


def conv2d(
    x: torch.Tensor,
    w: torch.Tensor,
    b: torch.Tensor | None = None,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
) -> torch.Tensor:
    """y[n, o, i, j] = b[o] + Σ over c, u, v of w[o, c, u, v] · x[n, c, i·stride + u − padding, j·stride + v − padding].

    x: [B, C, H, W] float; what lies outside of the picture counts as 0; not changed
    w: [O, C, kh, kw], one kernel over all channels for each output channel
    b: [O] or None
    stride, padding: an int for both axes, or (height, width); padding is put on both sides of its axis
    returns: [B, O, H', W'] of x's dtype, H' = (H + 2·padding − kh) // stride + 1, W' likewise. Gradients reach x, w, b

    The kernel is not flipped. Every size may be 1; kernel and picture need not be square. torch's own convolutions are
    out of bounds here; unfold, pad and einsum are not.

    Example: a picture [[1, 2, 3], [4, 5, 6]] and a kernel [[1, 0, 10]] give [[31], [64]].
    """
    raise NotImplementedError  # TODO: about eight lines
