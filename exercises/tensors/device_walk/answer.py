"""The reference: the best device that is there, and a walk through nested containers that keeps their types."""

import torch


def pick_device(has_cuda, has_mps, prefer=None):
    there = [name for name, has in (("cuda", has_cuda), ("mps", has_mps), ("cpu", True)) if has]
    device = torch.device(there[0] if prefer is None else prefer)
    if device.type not in there:
        raise ValueError(f"there is no {device.type} here; there is {', '.join(there)}")
    return device


def move(batch, device):
    if isinstance(batch, torch.Tensor):
        return batch.to(device)
    if isinstance(batch, dict):
        return type(batch)((key, move(value, device)) for key, value in batch.items())
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*(move(value, device) for value in batch))
    if isinstance(batch, (list, tuple)):
        return type(batch)(move(value, device) for value in batch)
    return batch
