"""The reference: one pass over the keys, with a running maximum, a running sum and a running mixture."""

import math

import torch


def flash_forward(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, block: int, causal: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    Tq, Tk = q.shape[2], k.shape[2]
    highest = q.new_full((*q.shape[:3], 1), -math.inf)  # (B, H, Tq, 1)
    total = q.new_zeros((*q.shape[:3], 1))
    mixed = q.new_zeros((*q.shape[:3], v.shape[3]))  # (B, H, Tq, e), not divided yet
    last = torch.arange(Tq, device=q.device)[:, None] + Tk - Tq  # the last key that each query sees
    for start in range(0, Tk, block):
        keys, values = k[:, :, start : start + block], v[:, :, start : start + block]
        scores = q @ keys.mT / math.sqrt(q.shape[3])  # (B, H, Tq, block)
        if causal:
            at = torch.arange(start, start + keys.shape[2], device=q.device)
            scores = scores.masked_fill(at > last, -math.inf)
        higher = torch.maximum(highest, scores.amax(-1, keepdim=True))
        powers = (scores - higher).exp()
        shrink = (highest - higher).exp()  # exp(-inf) = 0 at the first block: nothing was there
        total = total * shrink + powers.sum(-1, keepdim=True)
        mixed = mixed * shrink + powers @ values
        highest = higher
    return mixed / total, (highest + total.log()).squeeze(-1)
