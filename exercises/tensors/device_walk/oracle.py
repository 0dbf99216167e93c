"""The oracle: a table of all cases for the device, torch's own tree walk for the batch."""

import torch
from torch.utils._pytree import tree_map_only

BEST = {(True, True): "cuda", (True, False): "cuda", (False, True): "mps", (False, False): "cpu"}


def pick_device(has_cuda, has_mps, prefer=None):
    if prefer is None:
        return torch.device(BEST[bool(has_cuda), bool(has_mps)])
    kind = str(prefer).split(":")[0]
    if not {"cuda": has_cuda, "mps": has_mps, "cpu": True}.get(kind):
        raise ValueError(kind)
    return torch.device(prefer)


def move(batch, device):
    if type(batch) not in (dict, list, tuple) and isinstance(batch, (dict, list)):
        inner = dict(batch) if isinstance(batch, dict) else list(batch)
        return type(batch)(move(inner, device))
    if isinstance(batch, dict):
        return {k: move(v, device) for k, v in batch.items()}
    if isinstance(batch, list):
        return [move(v, device) for v in batch]
    if isinstance(batch, tuple):
        items = [move(v, device) for v in batch]
        return type(batch)(*items) if hasattr(batch, "_fields") else type(batch)(items)
    return tree_map_only(torch.Tensor, lambda t: t.to(device), batch)
