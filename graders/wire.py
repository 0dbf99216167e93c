"""How what a check saw crosses from the child process: frames of JSON and raw tensor bytes, never pickled.

A frame is four bytes of header length, a JSON header, and ``header["bytes"]`` bytes of payload. A value becomes a
*node*, a small JSON object with a kind ``k``; a tensor's bytes lie in the payload at ``at``.
The child encodes with torch (`graders.encode`); everyone else decodes with numpy: the judge never loads torch.
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
