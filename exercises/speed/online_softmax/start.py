"""Attention that never has all of its scores at once: what FlashAttention does, in plain PyTorch."""

import math

import torch


def flash_forward(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, block: int, causal: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """softmax(q kᵀ / √d) v, and the log of the sum that each row of the softmax was divided by.

    q: [B, H, Tq, d], k: [B, H, Tk, d], v: [B, H, Tk, e]; float32 or float64, e may differ from d; nothing is changed
    block: how many keys are worked on at a time, 1 or more; the last block may be shorter
    causal: query i sees the keys up to i + Tk − Tq (the last query is the last key); then Tk ≥ Tq. False: it sees all.
    returns: o [B, H, Tq, e], and lse [B, H, Tq], the natural log of Σ_j exp(q·k_j / √d) over the keys that are seen;
        dtype and device of q

    No tensor on the way has more than 2 · B·H·max(Tq, Tk)·max(block, d, e) entries: a table of all scores is too
    large. Scores may be far from 0: the sum itself may be too small, or too large, for float32; lse is neither.
    Gradients are not asked for. F.scaled_dot_product_attention is out of bounds here.

    Example: two keys with scores 0 and ln 3 have the weights 1/4 and 3/4, and lse = ln 4.
    """
    # TODO: this is right, and has B·H·Tq·Tk scores in memory. Go through the keys block by block: keep each row's
    # largest score so far, its sum and its mixture of values; when the largest grows, both must shrink to fit.
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if causal:
        seen = torch.ones(scores.shape[-2:], dtype=torch.bool, device=q.device).tril(k.shape[2] - q.shape[2])
        scores = scores.masked_fill(~seen, -math.inf)
    return scores.softmax(-1) @ v, scores.logsumexp(-1)
