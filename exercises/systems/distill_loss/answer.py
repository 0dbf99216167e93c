"""The reference: log-probabilities of both at temperature T, a sum over classes, a mean over rows, two weights."""

import torch
import torch.nn.functional as F


def kd(student: torch.Tensor, teacher: torch.Tensor, y: torch.Tensor, T: float, alpha: float) -> torch.Tensor:
    logq = (student / T).log_softmax(dim=1)  # (N, C)
    logp = (teacher.detach() / T).log_softmax(dim=1)
    soft = (logp.exp() * (logp - logq)).sum(dim=1).mean()
    hard = F.cross_entropy(student, y)
    return alpha * T**2 * soft + (1 - alpha) * hard
