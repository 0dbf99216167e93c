"""Words for operands that do not fit: whose shapes met on the failing line, and what would have fitted."""

from __future__ import annotations

import ast
from types import FrameType
from typing import Any

import torch


def misfit(text: str, frame: FrameType) -> str:
    """A sentence about the first operation on the line whose operands do not fit; empty where none is found.

    The operands are evaluated once more in the failing frame: its process is about to end anyway.
    """
    try:
        tree = ast.parse(text.strip().removesuffix(":"))
    except (SyntaxError, ValueError):
        return ""
    for node in reversed(list(ast.walk(tree))):  # innermost first: that is where Python stopped
        pair = _operands(node, frame)
        if pair is None:
            continue
        (left, a), (right, b) = pair
        says = _matmul(left, a, right, b) if _is_matmul(node) else _elementwise(left, a, right, b)
        if says:
            return says
    return ""


def _is_matmul(node: ast.AST) -> bool:
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.MatMult)
    name = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
    return name in ("matmul", "mm", "bmm")


def _operands(node: ast.AST, frame: FrameType) -> tuple[tuple[str, Any], tuple[str, Any]] | None:
    """The source and value of both operands, when both are tensors."""
    if isinstance(node, ast.BinOp):
        sides: list[ast.expr] = [node.left, node.right]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_matmul(node):
        module = ast.unparse(node.func.value) == "torch"
        sides = [*node.args[:2]] if module else [node.func.value, *node.args[:1]]
    else:
        return None
    if len(sides) != 2:
        return None
    values = []
    for side in sides:
        try:
            value = eval(compile(ast.Expression(side), "operand", "eval"), frame.f_globals, frame.f_locals)
        except BaseException:  # a second call may leave in any way, and must not take the verdict with it
            return None
        if type(value) not in (torch.Tensor, torch.nn.Parameter):
            return None
        values.append((ast.unparse(side), value))
    return values[0], values[1]


def _shape(value: Any) -> str:
    return str(tuple(value.shape))


def _matmul(left: str, a: Any, right: str, b: Any) -> str:
    if a.dim() == 0 or b.dim() == 0:
        return f"{left} @ {right}: a number has no rows to multiply; use * for it."
    inner = b.shape[-2] if b.dim() > 1 else b.shape[0]
    if a.dtype != b.dtype:
        return f"{left} is {_dtype(a)} and {right} is {_dtype(b)}: both factors of @ need one dtype."
    if a.shape[-1] != inner:
        says = (
            f"{left} is {_shape(a)} and {right} is {_shape(b)}: for @ the last size on the left must be "
            f"the second to last on the right, and {a.shape[-1]} is not {inner}."
        )
        if b.dim() > 1 and b.shape[-1] == a.shape[-1]:
            turned = (*b.shape[:-2], b.shape[-1], b.shape[-2])
            says += f" {right}.transpose(-2, -1) would be {turned}, which fits."
        return says
    return _batch(left, a.shape[:-2], right, b.shape[:-2])


def _batch(left: str, a: Any, right: str, b: Any) -> str:
    for x, y in zip(reversed(a), reversed(b), strict=False):
        if x != y and 1 not in (x, y):
            return f"The leading sizes of {left} {tuple(a)} and {right} {tuple(b)} must be equal, or 1: {x} meets {y}."
    return ""


def _elementwise(left: str, a: Any, right: str, b: Any) -> str:
    pairs = list(zip(reversed(a.shape), reversed(b.shape), strict=False))
    for place, (x, y) in enumerate(pairs, 1):
        if x != y and 1 not in (x, y):
            return (
                f"{left} is {_shape(a)} and {right} is {_shape(b)}: lined up from the right, {x} meets {y} "
                f"in place {-place}. Sizes that meet must be equal, or one of them 1."
            )
    return ""


def _dtype(value: Any) -> str:
    return str(value.dtype).removeprefix("torch.")
