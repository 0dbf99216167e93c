"""A second honest way: a chain of ifs, and shallow copies of containers that are then filled."""

import copy

import torch


def pick_device(has_cuda, has_mps, prefer=None):
    has = {"cuda": has_cuda, "mps": has_mps, "cpu": True}
    if prefer is not None:
        wanted = torch.device(prefer)
        if not has.get(wanted.type, False):
            raise RuntimeError(f"{wanted} is not available")
        return wanted
    if has_cuda:
        return torch.device("cuda")
    return torch.device("mps") if has_mps else torch.device("cpu")


def move(batch, device):
    match batch:
        case torch.Tensor():
            return batch.to(device=device)
        case dict():
            moved = copy.copy(batch)
            for key in batch:
                moved[key] = move(batch[key], device)
            return moved
        case list():
            moved = copy.copy(batch)
            moved[:] = [move(item, device) for item in batch]
            return moved
        case tuple():
            items = [move(item, device) for item in batch]
            return batch._make(items) if hasattr(batch, "_make") else type(batch)(items)
    return batch
