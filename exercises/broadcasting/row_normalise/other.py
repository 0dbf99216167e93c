"""A second honest way: totals from the integers, the alphas counted by hand, empty rows divided by one."""

import torch


def row_normalise(counts, alpha=0.0):
    totals = counts.sum(-1).to(torch.float32) + alpha * counts.shape[1]
    totals = totals + (totals == 0)
    return torch.einsum("rc,r->rc", counts + torch.tensor(alpha, dtype=torch.float32), 1 / totals)
