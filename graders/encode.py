"""Describes a value as a node for the wire; only exact types count, so nothing that lies about itself is compared."""

from __future__ import annotations

from typing import Any

import torch

from graders.watch import Exact, unwatched
from graders.wire import MAX_PAYLOAD, Node


def encode(value: Any, payload: bytearray, depth: int = 0) -> Node:
    """Describe a value as a node, appending tensor bytes to ``payload``.

    Only exact types count: an object that merely looks like a tensor or a number is described as ``object``, so
    nothing with its own ``__eq__`` or ``__torch_function__`` is ever compared.
    """
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        if kind is int and value.bit_length() > 4096:
            return {"k": "object", "type": "int of more than 4,096 bits"}
        return {"k": "plain", "t": kind.__name__, "v": value}
    if value is Ellipsis:
        return {"k": "plain", "t": "ellipsis", "v": "..."}
    if kind is torch.Tensor or kind is torch.nn.Parameter:
        return _encode_tensor(value, payload)
    if kind in (torch.dtype, torch.device):
        return {"k": "plain", "t": kind.__name__, "v": str(value)}
    if depth > 20:
        return {"k": "object", "type": "nested more than 20 deep"}
    if kind is torch.Size:
        return {"k": "list", "t": "torch.Size", "v": [encode(int(v), payload, depth + 1) for v in value]}
    if isinstance(value, tuple) and hasattr(kind, "_fields"):
        return {
            "k": "list",
            "t": kind.__name__,
            "v": [encode(v, payload, depth + 1) for v in tuple.__iter__(value)],
        }
    if kind in (list, tuple):
        return {"k": "list", "t": kind.__name__, "v": [encode(v, payload, depth + 1) for v in value]}
    if kind is dict or kind.__name__ == "OrderedDict":
        return {
            "k": "dict",
            "t": "dict",
            "keys": [encode(k, payload, depth + 1) for k in value],
            "v": [encode(v, payload, depth + 1) for v in value.values()],
        }
    if isinstance(value, torch.Tensor):
        return {"k": "object", "type": f"{kind.__name__} (a subclass of Tensor)"}
    if kind.__module__ == "numpy" and kind.__name__ == "ndarray":
        return {"k": "object", "type": "numpy array"}
    return {"k": "object", "type": kind.__name__}


def _encode_tensor(value: Any, payload: bytearray) -> Node:
    node: Node = {
        "k": "tensor",
        "dtype": str(value.dtype).removeprefix("torch."),
        "shape": list(value.shape),
        "device": value.device.type,
        "contiguous": value.is_contiguous(),
        "requires_grad": value.requires_grad,
        "leaf": value.is_leaf,
        "grad_fn": type(value.grad_fn).__name__ if value.grad_fn is not None else None,
    }
    if value.device.type == "meta" or value.layout is not torch.strided:
        return node
    with unwatched():
        flat = Exact.contiguous(Exact.cpu(Exact.detach(value)))
        if Exact.is_conj(flat):
            flat = Exact.resolve_conj(flat)
        if flat.dtype not in (torch.bool, torch.uint8) and Exact.numel(flat):
            # A single element is contiguous whatever its stride says, but a view as bytes insists on a stride of 1.
            flat = Exact.view(Exact.as_strided(flat, (Exact.numel(flat),), (1,)), torch.uint8)
        raw = Exact.numpy(flat).tobytes() if flat.dtype != torch.bfloat16 else b""
    if len(payload) + len(raw) > MAX_PAYLOAD:
        return {"k": "object", "type": f"tensor of {len(raw):,} bytes, too large to compare"}
    node["at"], node["n"] = len(payload), len(raw)
    payload += raw
    return node
