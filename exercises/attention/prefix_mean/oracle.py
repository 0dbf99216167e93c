"""The oracle: sums that double their reach, as a parallel scan adds them up."""

import torch


def prefix_mean(x):
    total, reach = x if x.dtype == torch.float64 else x.float(), 1
    while reach < x.shape[1]:
        total = torch.cat([total[:, :reach], total[:, reach:] + total[:, :-reach]], dim=1)
        reach *= 2
    count = torch.arange(1, x.shape[1] + 1, device=x.device)
    return (total / count[:, None]).to(x.dtype)
