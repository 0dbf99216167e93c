"""Runs a lesson's fence as a reader would meet it: what it prints, what its last line is, how it fails."""

from __future__ import annotations

import ast
import contextlib
import io
import linecache
import sys
import textwrap
import time
import traceback
import warnings
from typing import Any

import torch

from graders.pictures import WIDTH, parts
from graders.plates import Plate
from graders.submission import load

LIMIT = 8000
"""Characters of output that are kept."""
PLATES, LEVELS = 8, 192 << 10
"""Pictures that go with them, and the bytes of all; what is drawn beyond stays text."""


class _Paper(io.StringIO):
    """Keeps the first LIMIT characters of what is printed; the rest costs no memory."""

    def __init__(self) -> None:
        super().__init__()
        self.plates: list[dict[str, Any]] = []
        self._levels = LEVELS

    def write(self, text: str) -> int:
        room = LIMIT - self.tell()
        if room > 0:
            super().write(text[:room])
            if len(text) > room:
                super().write("\n… cut here")
        return len(text)

    def illustrate(self, plate: Plate) -> None:
        """Print a plate's text; its numbers go with it, if they and the text have room."""
        before = self.getvalue()
        fits = self.tell() + len(plate.text) < LIMIT and plate.size <= self._levels
        if fits and len(self.plates) < PLATES and before[-1:] in ("", "\n"):
            self._levels -= plate.size
            self.plates.append(plate.told(before.count("\n")))
        print(plate, file=self)


def run_page(
    codes: list[str], index: int, edited: str | None = None, own: str = "", whose: str = "ours"
) -> dict[str, Any]:
    """Run fences 0 … index-1 silently in one namespace, then fence ``index`` (or ``edited`` in its place).

    ``own`` is the text of an exercise's file: the code finds it as the module ``yours``, and in ``whose`` a word that
    says who wrote it.

    Returns ``output`` (what it printed and the value of a last bare expression), ``plates`` (the pictures in it,
    as `Plate.told` has them), ``raised`` (None, or one line that ends with the line number in the fence) and
    ``seconds``. What an earlier fence raises is passed
    over, as in a notebook. Torch's random numbers start from seed 0.
    """
    torch.manual_seed(0)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    namespace["show"] = _show(namespace)
    try:
        torch.set_printoptions(precision=4, threshold=120, edgeitems=3, linewidth=WIDTH)
        if own:
            namespace.update(yours=load(own, "<your file>", {}), whose=whose)
        for number, code in enumerate(codes[:index]):
            _run(code, f"<fence {number}>", namespace)
        begun = time.perf_counter()
        paper, raised = _run(codes[index] if edited is None else edited, f"<fence {index}>", namespace)
        seconds = round(time.perf_counter() - begun, 4)
        return {"output": paper.getvalue(), "plates": paper.plates, "raised": raised, "seconds": seconds}
    finally:
        torch.set_printoptions(profile="default")


def said(result: dict[str, Any]) -> str:
    """What ``run_page`` returned as a page writes it down: the output, then the exception, wrapped."""
    raised = textwrap.fill(result["raised"], WIDTH, break_on_hyphens=False) if result["raised"] else ""
    return "\n".join(part for part in (result["output"].rstrip(), raised) if part)


def _run(code: str, filename: str, namespace: dict[str, Any]) -> tuple[_Paper, str | None]:
    paper = _Paper()
    raised = None
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    with contextlib.redirect_stdout(paper), contextlib.redirect_stderr(paper), warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", ResourceWarning)  # of whatever is cleared away meanwhile: not the page's doing
        warnings.showwarning = _warn
        try:
            _execute(code, filename, namespace)
        except BaseException as error:
            raised = friendly(error, filename)
    return paper, raised


def _execute(code: str, filename: str, namespace: dict[str, Any]) -> None:
    tree = ast.parse(code, filename)
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr):
        exec(compile(tree, filename, "exec"), namespace)
        return
    exec(compile(ast.Module(tree.body[:-1], []), filename, "exec"), namespace)
    value = eval(compile(ast.Expression(last.value), filename, "eval"), namespace)
    if value is not None:
        print(repr(value))


def _warn(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    first = str(message).strip().split("\n")[0]
    print(textwrap.fill(f"{category.__name__}: {_short(first, 160)}", WIDTH, break_on_hyphens=False))


def _short(message: str, limit: int) -> str:
    """The whole sentences at its beginning that fit into the limit, or else what fits."""
    message = " ".join(message.split())
    if len(message) <= limit:
        return message
    whole = message[:limit].rfind(". ") + 1
    return message[:whole] if whole else message[: limit - 1].rstrip() + "…"


def friendly(error: BaseException, filename: str) -> str:
    """``RuntimeError: what happened (line 3)``: one line, with the line number inside the fence."""
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg} (line {error.lineno})"
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == filename]
    message = _short(str(error), 250)
    where = f" (line {lines[-1]})" if lines else ""
    return f"{type(error).__name__}: {message}".rstrip(": ") + where


def _show(namespace: dict[str, Any]) -> Any:
    """The ``show`` of a page; it looks into the page's names to call a leaf what the reader calls it."""

    def show(x: Any, title: str = "", histogram: bool = False) -> None:
        """Print a picture of a tensor, a curve or a graph; with ``histogram``, of where a tensor's values lie."""
        names: dict[int, str] = {}
        for name, value in namespace.items():
            if isinstance(value, torch.Tensor):
                names.setdefault(id(value), name)
            elif isinstance(value, torch.nn.Module):
                for inner, parameter in value.named_parameters():
                    names.setdefault(id(parameter), f"{name}.{inner}")
        for part in parts(x, title, names, histogram):
            if isinstance(part, Plate) and isinstance(sys.stdout, _Paper):
                sys.stdout.illustrate(part)
            elif str(part):
                print(part)

    return show
