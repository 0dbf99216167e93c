"""One-edit variants of an answer: what a slip of the pen makes of it. A good check kills all that differ."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Edit = Callable[[ast.AST], None]

_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}


@dataclass(frozen=True)
class Variant:
    """An answer with one edit."""

    name: str
    """Line, column and what was done there; stable as long as the answer's text is."""
    source: str


def variants(source: str) -> list[Variant]:
    """All one-edit variants of a file: operators, operands, constants, comparisons, conditions, statements, calls."""
    tree = ast.parse(source)
    plain = ast.unparse(tree)
    found: dict[str, Variant] = {}
    nodes = [n for n in ast.walk(tree) if not isinstance(n, (ast.Import, ast.ImportFrom))]
    skipped = {id(n) for a in nodes for n in _unseen(a)}
    for number, node in enumerate(ast.walk(tree)):
        if id(node) in skipped:
            continue
        for what, edit in _edits(node):
            changed = copy.deepcopy(tree)
            try:
                edit(next(n for i, n in enumerate(ast.walk(changed)) if i == number))
                text = ast.unparse(ast.fix_missing_locations(changed))
            except (ValueError, AttributeError):
                continue
            if text == plain or text in (v.source for v in found.values()):
                continue
            name = f"{getattr(node, 'lineno', 0)}:{getattr(node, 'col_offset', 0)} {what}"
            found.setdefault(name, Variant(name, text))
    return list(found.values())


def _unseen(node: ast.AST) -> Iterator[ast.AST]:
    """Annotations, docstrings and messages: nothing there changes what the code does."""
    notes: list[ast.AST | None] = []
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        notes += [node.returns, *(a.annotation for a in [*node.args.args, *node.args.kwonlyargs])]
    if isinstance(node, ast.AnnAssign):
        notes.append(node.annotation)
    if isinstance(node, ast.Raise):
        notes.append(node.exc)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        notes.append(node)
    for note in notes:
        if note is not None:
            yield from ast.walk(note)


def _edits(node: ast.AST) -> Iterator[tuple[str, Edit]]:
    if isinstance(node, ast.BinOp):
        yield from _binary(node)
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARISONS:
        other = _COMPARISONS[type(node.ops[0])]
        yield f"comparison becomes {other.__name__}", lambda n: setattr(n, "ops", [other(), *n.ops[1:]])  # type: ignore[attr-defined]
    elif isinstance(node, ast.BoolOp):
        yield "and/or swapped", lambda n: setattr(n, "op", ast.Or() if isinstance(n.op, ast.And) else ast.And())  # type: ignore[attr-defined]
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
        yield "sign or not removed", lambda n: _become(n, n.operand)  # type: ignore[attr-defined]
    elif isinstance(node, ast.Constant):
        yield from _constant(node)
    elif isinstance(node, (ast.If, ast.IfExp)):
        for truth in (True, False):
            yield f"condition always {truth}", _setting("test", ast.Constant(truth))
    elif isinstance(node, ast.Call):
        yield from _call(node)
    elif isinstance(node, ast.AugAssign):
        yield "augmented becomes plain", lambda n: _become(n, ast.Assign([n.target], n.value))  # type: ignore[attr-defined]
        yield "statement removed", lambda n: _become(n, ast.Pass())
    elif isinstance(node, (ast.Assign, ast.Expr, ast.Delete, ast.Return, ast.Break, ast.Continue)):
        yield "statement removed", lambda n: _become(n, ast.Pass())


def _binary(node: ast.BinOp) -> Iterator[tuple[str, Edit]]:
    other = _OPERATORS.get(type(node.op))
    if other is not None:
        yield f"{type(node.op).__name__} becomes {other.__name__}", lambda n: setattr(n, "op", other())
    if isinstance(node.op, (ast.Sub, ast.Div, ast.MatMult, ast.Pow, ast.FloorDiv, ast.Mod)):
        yield "operands swapped", lambda n: _swap(n, "left", "right")
    yield "left operand alone", lambda n: _become(n, n.left)  # type: ignore[attr-defined]
    yield "right operand alone", lambda n: _become(n, n.right)  # type: ignore[attr-defined]


def _constant(node: ast.Constant) -> Iterator[tuple[str, Edit]]:
    value = node.value
    if isinstance(value, bool):
        yield f"{value} becomes {not value}", lambda n: setattr(n, "value", not value)
    elif isinstance(value, int):
        for other in (value + 1, value - 1):
            yield f"{value} becomes {other}", _setting("value", other)
    elif isinstance(value, float):
        other_float = value * 1.5 if value else 1.0
        yield f"{value} becomes {other_float}", lambda n: setattr(n, "value", other_float)


def _call(node: ast.Call) -> Iterator[tuple[str, Edit]]:
    name = ast.unparse(node.func)
    if isinstance(node.func, ast.Attribute) and not _is_module(node.func.value):
        yield f".{node.func.attr}() removed", lambda n: _become(n, n.func.value)  # type: ignore[attr-defined]
    elif len(node.args) >= 1 and not isinstance(node.args[0], ast.Starred) and name not in ("super", "print"):
        yield f"{name}() removed", lambda n: _become(n, n.args[0])  # type: ignore[attr-defined]
    symmetric = name.endswith(("transpose", "swapaxes"))  # swapping two axes is the same either way round
    if len(node.args) >= 2 and not symmetric and not any(isinstance(a, ast.Starred) for a in node.args[:2]):
        yield f"{name}: arguments swapped", lambda n: _swap_items(n.args)  # type: ignore[attr-defined]
    for number, keyword in enumerate(node.keywords):
        yield (
            f"{name}: {keyword.arg} dropped",
            _setting("keywords", node.keywords[:number] + node.keywords[number + 1 :]),
        )


def _is_module(node: ast.expr) -> bool:
    """Names that stand for modules: taking the call off them leaves a module, which kills nothing worth killing."""
    return ast.unparse(node).split(".")[0] in ("torch", "math", "nn", "F", "functools", "itertools")


def _become(node: ast.AST, other: ast.AST) -> None:
    """Turn a node into another one in place, so that its parent need not be known."""
    node.__class__ = other.__class__
    fields = dict(other.__dict__)
    node.__dict__.clear()
    node.__dict__.update(fields)


def _setting(field: str, value: object) -> Edit:
    """An edit that gives one field of the node another value."""
    return lambda node: setattr(node, field, value)


def _swap(node: ast.AST, a: str, b: str) -> None:
    x, y = getattr(node, a), getattr(node, b)
    setattr(node, a, y)
    setattr(node, b, x)


def _swap_items(items: list[ast.expr]) -> None:
    items[0], items[1] = items[1], items[0]
