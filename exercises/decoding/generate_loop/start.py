"""Text out of a model: one token after the other."""

import torch


def keep_k(logits: torch.Tensor, k: int) -> torch.Tensor:
    """The k largest of each row, all others -inf: [B, V] → [B, V]. (Right; put your own in its place if you like.)"""
    least = logits.topk(min(k, logits.shape[1])).values[:, -1:]
    return logits.masked_fill(logits < least, -torch.inf)


def keep_p(logits: torch.Tensor, p: float) -> torch.Tensor:
    """The smallest set of likeliest tokens of mass p, all others -inf: [B, V] → [B, V]. (Right as well.)"""
    shares, order = logits.softmax(1).sort()
    late = shares.cumsum(1) <= 1 - p
    late[:, -1] = False
    return logits.masked_fill(late.scatter(1, order, late), -torch.inf)


def generate(
    model: torch.nn.Module,
    idx: torch.Tensor,
    max_new: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_id: int | None = None,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    """Write on: up to max_new tokens behind each prompt.

    model: model(x) with x [B, T] int64 is a pair: logits [B, T, V], and a loss that is None here. It raises when T is
        more than model.config.block_size, so it is shown the last block_size tokens. It is in eval mode while you write
        and afterwards, as a whole, in the mode that it was in; no graph is recorded
    idx: [B, T0] int64, T0 ≥ 1, the prompts; not changed
    max_new: how many tokens are added to each prompt at most; 0 is allowed
    temperature: 0 takes the largest logit, without chance, whatever the filters; otherwise the logits of the last
        position are divided by it, and 1 draws from the model's own probabilities
    top_k, top_p: then only the k likeliest may be drawn, and, of these, only the smallest set of mass p, by the
        probabilities that are left; None keeps all
    eos_id: a row that has drawn it is finished, and filled up with eos_id; when all rows are finished, the writing
        ends. One in the prompt finishes nothing. None: never
    generator: where the random numbers come from; None: from torch's own. With a generator, equal states give equal
        texts, each draw moves it on, and torch's own random numbers stay as they were
    returns: [B, T0 + n] int64, the prompts and n ≤ max_new tokens, on idx's device

    Example: generate(model, torch.tensor([[5, 2]]), 3, temperature=0) might be [[5, 2, 7, 7, 1]].
    """
    raise NotImplementedError  # TODO
