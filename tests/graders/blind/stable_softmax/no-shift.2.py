"""The definition for softmax, log-sum-exp by hand for the log."""

import torch


def softmax(x: torch.Tensor, dim: int) -> torch.Tensor:
    numerator = torch.exp(x)
    denominator = torch.sum(numerator, dim=dim).unsqueeze(dim)
    return torch.div(numerator, denominator)


def log_softmax(x: torch.Tensor, dim: int) -> torch.Tensor:
    m, _ = torch.max(x, dim=dim, keepdim=True)
    lse = torch.log(torch.sum(torch.exp(x - m), dim=dim, keepdim=True))
    return (x - m) - lse
