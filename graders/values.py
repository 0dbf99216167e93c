"""A value as it arrived over the wire, and words for what it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graders.wire import Node


@dataclass(frozen=True)
class Seen:
    """One observation as it arrived: from the reference or from the submission."""

    name: str
    node: Node
    payload: bytes
    rule: dict[str, Any]


def plain(node: Node) -> Any:
    """A node of plain values as plain Python; tensors and objects as their description."""
    kind = node.get("k")
    if kind == "plain":
        return node.get("v")
    if kind == "list":
        return [plain(v) for v in node["v"]]
    if kind == "dict":
        return {str(plain(k)): plain(v) for k, v in zip(node["keys"], node["v"], strict=True)}
    return describe(node)


def describe(node: Node) -> str:
    """What a value is, in a few words: ``float32 tensor of shape (2, 3)``, ``None``, ``a list of 3``."""
    kind = node.get("k")
    if kind == "tensor":
        device = "" if node["device"] == "cpu" else f" on {node['device']}"
        return f"{node['dtype']} tensor of shape {shape_text(node['shape'])}{device}"
    if kind == "plain":
        if node.get("v") is None or node.get("t") == "ellipsis":
            return str(node.get("v"))
        article = "an" if str(node["t"])[0] in "aeiou" else "a"
        return f"{article} {node['t']} ({str(node['v'])[:60]})"
    if kind in ("list", "dict"):
        return f"a {node.get('t')} of {len(node.get('v', ()))}"
    if kind == "raised":
        return f"{node.get('type')}: {node.get('message')}" if node.get("type") else "no exception"
    return f"an object of type {node.get('type')}"


def shape_text(shape: list[int]) -> str:
    """A shape as Python writes it: ``(3,)``, ``(2, 3)``, ``()``."""
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"
