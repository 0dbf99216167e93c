"""The reference: gather one entry along the last dimension, then drop the dimension of size 1 that is left."""

import torch


def pick(logp: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return logp.gather(1, y[:, None]).squeeze(1)


def pick_tokens(logp: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return logp.gather(2, y[:, :, None]).squeeze(2)
