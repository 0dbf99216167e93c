"""What is loaded ahead of a job: a library that takes seconds, and that a check or a page of ours will ask for."""

from __future__ import annotations

import ast
import contextlib
import importlib

SLOW = {"transformers": "transformers.models.gpt2.modeling_gpt2"}
"""Each takes seconds to load and few need it: the zygote loads it before the first job that does. With it comes what
it would load by itself later: an Auto class finds the model's code by a name in a file."""


def wanted(source: str) -> list[list[str]]:
    """The slow imports of our own code, anywhere in it, as pairs of a module and a name in it."""
    if not any(name in source for name in SLOW):
        return []
    found: list[list[str]] = []
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a page may show one
        return []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [[alias.name, ""] for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [[node.module, alias.name] for alias in node.names]
    found = [pair for pair in found if pair[0].split(".")[0] in SLOW]
    return found + [[SLOW[name], ""] for name in sorted({pair[0].split(".")[0] for pair in found})]


def load(pairs: list[list[str]]) -> None:
    """Import them. transformers loads what a name stands for when it is asked for that name."""
    for module, name in pairs:
        with contextlib.suppress(Exception):  # the job itself will meet it, and tell
            getattr(importlib.import_module(module), name or "__name__", None)
