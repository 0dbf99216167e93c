"""The reference: the loss of each token from the logits before it, kept where the mask of that token says so."""

import torch
import torch.nn.functional as F


def score(logits: torch.Tensor, tokens: torch.Tensor, mask: torch.Tensor) -> tuple[int, int]:
    losses = F.cross_entropy(logits[:, :-1].transpose(1, 2), tokens[:, 1:], reduction="none")  # (N, T − 1)
    ending = mask[:, 1:]  # of the tokens that are predicted
    total = (losses * ending).sum(1)
    return (total / ending.sum(1)).argmin().item(), total.argmin().item()
