"""The reference: one copy in float32 on the device, and the flag last, on what is then a leaf."""

import torch


def as_leaf(data, device="cpu"):
    values = torch.as_tensor(data).detach()  # may share memory with data
    return values.to(device, torch.float32, copy=True).requires_grad_()
