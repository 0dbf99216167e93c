"""What stands between the logits and the draw: which tokens may be drawn at all, and which are made less likely."""

import torch


def top_k(logits: torch.Tensor, k: int) -> torch.Tensor:
    """Keep the k largest logits of each row.

    logits: [B, V] float; may hold -inf (tokens that are out already); not changed
    k: at least 1; may be larger than V, then every token stays
    returns: a new tensor [B, V] of logits' dtype: what is kept has its value and its place, all others are -inf

    Example: top_k([[1., 4., 2., 3.]], 2) is [[-inf, 4., -inf, 3.]].
    """
    out = torch.full_like(logits, float("-inf"))
    for b in range(logits.shape[0]):
        order = torch.argsort(logits[b], descending=True)
        best = order[:k]
        out[b, best] = logits[b, best]
    return out


def top_p(logits: torch.Tensor, p: float) -> torch.Tensor:
    """Keep, in each row, the smallest set of most likely tokens whose probabilities add up to p or more.

    logits: [B, V] float; may hold -inf, never in a whole row; not changed
    p: above 0, however small: one token is always kept. With p = 1 or more, every token of a probability above 0 stays
    returns: a new tensor [B, V] of logits' dtype: what is kept has its value and its place, all others are -inf

    Example: with the probabilities [0.2, 0.5, 0.3] and p = 0.6, tokens 1 and 2 are kept: 0.5 is less than 0.6,
    0.5 + 0.3 is not.
    """
    out = torch.full_like(logits, float("-inf"))
    if p >= 1:
        p = float("inf")                        # every token then, and no trouble with the last digits
    all_probs = torch.softmax(logits.double(), dim=0)
    for b, row in enumerate(logits):
        probs = all_probs[b]
        mass = 0.0
        for i in torch.argsort(probs, descending=True):
            out[b, i] = row[i]
            mass += probs[i].item()
            if mass >= p:
                break
    return out


def repetition_penalty(logits: torch.Tensor, ids: torch.Tensor, r: float) -> torch.Tensor:
    """Make every token that a row has already used less likely, once: a positive logit / r, a negative one · r.

    logits: [B, V] float; not changed
    ids: [B, T] int64, T ≥ 1: the tokens so far, each row its own; one may occur many times
    r: 1 (nothing happens) or more
    returns: a new tensor [B, V] of logits' dtype

    Example: repetition_penalty([[2., -1., 3.]], [[0, 1, 0]], 2.0) is [[1., -2., 3.]].

    In all three, whatever is made on the way lies on the device of logits.
    """
    out = logits.clone()
    for b in range(ids.shape[0]):
        for token in set(ids[b].tolist()):
            if out[b, token] > 0:
                out[b, token] = out[b, token] / r
            else:
                out[b, token] = out[b, token] * r
    return out
