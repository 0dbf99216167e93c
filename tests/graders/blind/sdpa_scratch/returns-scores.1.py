"""Attention itself: a mean of values, weighted by how well queries and keys agree."""

import math

import torch


def attend(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """softmax(q kᵀ / √d) v, where a query may attend only to what the mask allows.

    q: […, Tq, d]   k: […, Tk, d]   v: […, Tk, e]; equal leading dimensions, floating; not changed
    mask: bool [Tq, Tk], or with leading dimensions that broadcast to those of q; True = may attend. Every query may
          attend to at least one key. None: everybody attends to everything.

    Returns (out […, Tq, e], w […, Tq, Tk]): the weighted means, and the weights; each row of w sums to 1, and is
    exactly 0 where the mask says False. Gradients flow through both.

    torch's fused attention is out of bounds here.

    Example: q = k = [[0.], [0.]], v = [[1.], [3.]] gives out [[2.], [2.]] and w full of 0.5.
    """
    d = q.size(-1)
    scores = q @ k.transpose(-2, -1) / math.sqrt(d)
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    w = torch.softmax(scores, dim=-1)
    return w @ v, scores
