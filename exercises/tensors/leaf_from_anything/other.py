"""A second honest way: a fresh empty tensor that is filled, and then asks for gradients."""

import numpy as np
import torch


def as_leaf(data, device="cpu"):
    if not isinstance(data, torch.Tensor):
        data = torch.from_numpy(np.array(data, dtype=np.float32))
    leaf = torch.empty(data.shape, dtype=torch.float32, device=device, requires_grad=True)
    with torch.no_grad():
        leaf.copy_(data)
    return leaf
