"""How what a check saw crosses from the child process: frames of JSON and raw tensor bytes, never pickled.

A frame is four bytes of header length, a JSON header, and ``header["bytes"]`` bytes of payload. A value becomes a
*node*, a small JSON object with a kind ``k``; a tensor's bytes lie in the payload at ``at``.
The child encodes with torch; everyone else decodes with numpy, so that the judging process never loads torch.
"""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np

MAX_HEADER = 4 << 20
MAX_PAYLOAD = 256 << 20

Node = dict[str, Any]

_NUMPY = {
    "float32": "<f4",
    "float64": "<f8",
    "float16": "<f2",
    "bfloat16": "<u2",  # numpy has no bfloat16: the upper half of a float32, widened in `array`
    "int64": "<i8",
    "int32": "<i4",
    "int16": "<i2",
    "int8": "i1",
    "uint8": "u1",
    "uint16": "<u2",
    "bool": "?",
    "complex64": "<c8",
    "complex128": "<c16",
}


class Broken(Exception):
    """The other side sent something that is not a frame."""


def pack(header: dict[str, Any], payload: bytes = b"") -> bytes:
    """One frame, ready to be written."""
    head = json.dumps({**header, "bytes": len(payload)}, separators=(",", ":")).encode()
    return struct.pack(">I", len(head)) + head + payload


def unpack_length(raw: bytes) -> int:
    """Length of the header that follows. Raises Broken when it is not plausible."""
    (length,) = struct.unpack(">I", raw)
    if not 2 <= length <= MAX_HEADER:
        raise Broken(f"a frame header of {length} bytes")
    return int(length)


def unpack_header(raw: bytes) -> dict[str, Any]:
    """The header. Raises Broken when it is not JSON of the right form."""
    try:
        header = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Broken("a frame header that is not JSON") from error
    if not isinstance(header, dict) or not isinstance(header.get("f"), str):
        raise Broken("a frame header without its kind")
    size = header.get("bytes")
    if not isinstance(size, int) or not 0 <= size <= MAX_PAYLOAD:
        raise Broken("a frame whose size is not plausible")
    return header


def encode(value: Any, payload: bytearray, depth: int = 0) -> Node:
    """Describe a value as a node, appending tensor bytes to ``payload``.

    Only exact types count: an object that merely looks like a tensor or a number is described as ``object``, so
    nothing with its own ``__eq__`` or ``__torch_function__`` is ever compared.
    """
    import torch

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
    import torch

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
    flat = value.detach().cpu().contiguous()
    if flat.is_conj():
        flat = flat.resolve_conj()
    if flat.dtype not in (torch.bool, torch.uint8):
        flat = flat.reshape(-1).view(torch.uint8) if flat.numel() else flat
    raw = flat.numpy().tobytes() if flat.dtype != torch.bfloat16 else b""
    if len(payload) + len(raw) > MAX_PAYLOAD:
        return {"k": "object", "type": f"tensor of {len(raw):,} bytes, too large to compare"}
    node["at"], node["n"] = len(payload), len(raw)
    payload += raw
    return node


def array(node: Node, payload: bytes) -> np.ndarray[Any, Any] | None:
    """The numbers of a tensor node; bfloat16 comes as float32. None for a tensor without data (meta).

    Raises Broken when the bytes do not fit the shape.
    """
    if "at" not in node:
        return None
    try:
        dtype = np.dtype(_NUMPY[node["dtype"]])
        shape = tuple(int(n) for n in node["shape"])
        raw = payload[node["at"] : node["at"] + node["n"]]
        flat = np.frombuffer(raw, dtype=dtype)
        if node["dtype"] == "bfloat16":
            flat = (flat.astype("<u4") << 16).view("<f4")
        return flat.reshape(shape)
    except (KeyError, TypeError, ValueError) as error:
        raise Broken("a tensor whose bytes do not fit its shape") from error
