"""A log-sum-exp helper, chained tensor methods."""

import torch


def _log_norm(x, dim):
    """Log of the normalizer, computed safely."""
    top = x.max(dim, keepdim=True)[0]
    return x.sub(top).exp().sum(dim, keepdim=True).log()


def softmax(x: torch.Tensor, dim: int) -> torch.Tensor:
    e = x.sub(x.max(dim, keepdim=True)[0]).exp()
    return e.div(e.sum(dim, keepdim=True))


def log_softmax(x: torch.Tensor, dim: int) -> torch.Tensor:
    return x.sub(_log_norm(x, dim))
