"""The oracle: through nested lists of Python numbers, which can share nothing."""

import torch


def as_leaf(data, device="cpu"):
    if hasattr(data, "tolist"):
        data = data.tolist()
    return torch.tensor(data, dtype=torch.float32, device=device, requires_grad=True)
