"""One entry of each row: the log-probability of what really came."""

import torch


def pick(logp: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """From each row of a table, the entry in the column that y names.

    logp: float [N, V]; log-probabilities, so some may be minus infinity
    y: int64 [N], each in 0 … V-1
    returns: [N], logp's dtype; entry i is logp[i, y[i]]. Gradients flow back into logp.

    No Python loop, no one-hot table, and no intermediate result with more elements than logp.

    Example: pick([[-1., -2., -3.], [-4., -5., -6.]], [2, 0]) is [-3., -4.].
    """
    raise NotImplementedError  # TODO


def pick_tokens(logp: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The same for a batch of sequences, under the same conditions.

    logp: float [B, T, V]
    y: int64 [B, T], each in 0 … V-1
    returns: [B, T], logp's dtype; entry (b, t) is logp[b, t, y[b, t]]

    Example: with B = 1, T = 2, pick_tokens([[[-1., -2., -3.], [-4., -5., -6.]]], [[2, 0]]) is [[-3., -4.]].
    """
    raise NotImplementedError  # TODO
