"""The reference: a threshold for each row, a running sum from the least likely token, a mask of what was seen."""

import torch


def top_k(logits: torch.Tensor, k: int) -> torch.Tensor:
    least = logits.topk(min(k, logits.shape[1])).values[:, -1:]  # (B, 1)
    return logits.masked_fill(logits < least, -torch.inf)


def top_p(logits: torch.Tensor, p: float) -> torch.Tensor:
    shares, order = logits.softmax(1).sort()  # least likely first
    late = shares.cumsum(1) <= 1 - p  # the tokens that are likelier make up p already
    late[:, -1] = False  # the likeliest stays, whatever p
    late = late.scatter(1, order, late)  # back to the places in the vocabulary
    return logits.masked_fill(late, -torch.inf)


def repetition_penalty(logits: torch.Tensor, ids: torch.Tensor, r: float) -> torch.Tensor:
    seen = torch.zeros_like(logits, dtype=torch.bool).scatter(1, ids, True)  # (B, V)
    lowered = torch.where(logits > 0, logits / r, logits * r)
    return torch.where(seen, lowered, logits)
