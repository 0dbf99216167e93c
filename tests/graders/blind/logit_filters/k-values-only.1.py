"""What stands between the logits and the draw: which tokens may be drawn at all, and which are made less likely."""

import torch


def top_k(logits: torch.Tensor, k: int) -> torch.Tensor:
    """Keep the k largest logits of each row.

    logits: [B, V] float; may hold -inf (tokens that are out already); not changed
    k: at least 1; may be larger than V, then every token stays
    returns: a new tensor [B, V] of logits' dtype: what is kept has its value and its place, all others are -inf

    Example: top_k([[1., 4., 2., 3.]], 2) is [[-inf, 4., -inf, 3.]].
    """
    k = min(k, logits.size(-1))
    return torch.topk(logits, k, dim=-1).values


def top_p(logits: torch.Tensor, p: float) -> torch.Tensor:
    """Keep, in each row, the smallest set of most likely tokens whose probabilities add up to p or more.

    logits: [B, V] float; may hold -inf, never in a whole row; not changed
    p: above 0, however small: one token is always kept. With p = 1 or more, every token of a probability above 0 stays
    returns: a new tensor [B, V] of logits' dtype: what is kept has its value and its place, all others are -inf

    Example: with the probabilities [0.2, 0.5, 0.3] and p = 0.6, tokens 1 and 2 are kept: 0.5 is less than 0.6,
    0.5 + 0.3 is not.
    """
    if p >= 1:
        return logits.clone()
    sorted_logits, order = torch.sort(logits, dim=-1, descending=True)
    probs = torch.softmax(sorted_logits.double(), dim=-1)
    before = probs.cumsum(dim=-1) - probs       # the mass of all that are more likely
    remove_sorted = before >= p
    remove = torch.zeros_like(remove_sorted).scatter(-1, order, remove_sorted)
    return logits.masked_fill(remove, float("-inf"))


def repetition_penalty(logits: torch.Tensor, ids: torch.Tensor, r: float) -> torch.Tensor:
    """Make every token that a row has already used less likely, once: a positive logit / r, a negative one · r.

    logits: [B, V] float; not changed
    ids: [B, T] int64, T ≥ 1: the tokens so far, each row its own; one may occur many times
    r: 1 (nothing happens) or more
    returns: a new tensor [B, V] of logits' dtype

    Example: repetition_penalty([[2., -1., 3.]], [[0, 1, 0]], 2.0) is [[1., -2., 3.]].

    In all three, whatever is made on the way lies on the device of logits.
    """
    score = torch.gather(logits, 1, ids)
    score = torch.where(score > 0, score / r, score * r)
    return logits.scatter(1, ids, score)
