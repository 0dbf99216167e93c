"""What stands between the logits and the draw: which tokens may be drawn at all, and which are made less likely."""

import torch


def top_k(logits: torch.Tensor, k: int) -> torch.Tensor:
    """Keep the k largest logits of each row.

    logits: [B, V] float; may hold -inf (tokens that are out already); not changed
    k: at least 1; may be larger than V, then every token stays
    returns: a new tensor [B, V] of logits' dtype: what is kept has its value and its place, all others are -inf

    Example: top_k([[1., 4., 2., 3.]], 2) is [[-inf, 4., -inf, 3.]].
    """
    values, places = logits.topk(min(k, logits.shape[1]), dim=1)
    nothing = torch.full_like(logits, -torch.inf)
    return nothing.scatter(1, places, values)


def top_p(logits: torch.Tensor, p: float) -> torch.Tensor:
    """Keep, in each row, the smallest set of most likely tokens whose probabilities add up to p or more.

    logits: [B, V] float; may hold -inf, never in a whole row; not changed
    p: above 0, however small: one token is always kept. With p = 1 or more, every token of a probability above 0 stays
    returns: a new tensor [B, V] of logits' dtype: what is kept has its value and its place, all others are -inf

    Example: with the probabilities [0.2, 0.5, 0.3] and p = 0.6, tokens 1 and 2 are kept: 0.5 is less than 0.6,
    0.5 + 0.3 is not.
    """
    probs = logits.double().softmax(0)
    ranked, order = probs.sort(dim=1, descending=True)
    total = ranked.cumsum(1)
    keep = torch.ones_like(ranked, dtype=torch.bool)
    if p < 1:
        keep[:, 1:] = total[:, :-1] < p         # a token stays if those before it have not reached p
    rank = order.argsort(dim=1)                 # where each token of the vocabulary stands
    return torch.where(keep.gather(1, rank), logits, -torch.inf)


def repetition_penalty(logits: torch.Tensor, ids: torch.Tensor, r: float) -> torch.Tensor:
    """Make every token that a row has already used less likely, once: a positive logit / r, a negative one · r.

    logits: [B, V] float; not changed
    ids: [B, T] int64, T ≥ 1: the tokens so far, each row its own; one may occur many times
    r: 1 (nothing happens) or more
    returns: a new tensor [B, V] of logits' dtype

    Example: repetition_penalty([[2., -1., 3.]], [[0, 1, 0]], 2.0) is [[1., -2., 3.]].

    In all three, whatever is made on the way lies on the device of logits.
    """
    seen = torch.zeros(logits.shape, dtype=torch.bool, device=logits.device)
    seen.scatter_(1, ids, True)
    lowered = torch.where(logits < 0, logits * r, logits / r)
    return torch.where(seen, lowered, logits)
