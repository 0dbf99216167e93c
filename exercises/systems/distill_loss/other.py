"""A second honest way: torch's own divergence, and the hard term picked by index."""

import torch
from torch.nn.functional import kl_div, log_softmax, softmax


def kd(student, teacher, y, T, alpha):
    with torch.no_grad():
        target = softmax(teacher / T, -1)
    soft = kl_div(log_softmax(student / T, -1), target, reduction="batchmean")
    hard = -log_softmax(student, -1)[torch.arange(len(y), device=y.device), y].mean()
    return alpha * (T * T) * soft + (1.0 - alpha) * hard
