"""Tensors, curves and computation graphs as pictures in plain text, 76 columns wide at most."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from graders import plates
from graders.plates import Plate

WIDTH = 76
ROWS = 20
BINS = 12
SHADES = "░▒▓█"

Part = str | Plate
"""Lines of a picture; a plate knows its numbers, too."""


def picture(x: Any, title: str = "", names: Mapping[int, str] | None = None, histogram: bool = False) -> str:
    """Draw ``x`` in plain text.

    A tensor with a history and no dimensions is drawn as its graph, one of bools as a mask, one dimension as
    bars or a curve, two as a heat map, more as a few of its two-dimensional slices; a list of numbers is a
    curve, a dict of lists is several in one frame, a dict of numbers is named bars. ``names`` maps
    ``id(tensor)`` to what the reader calls it. With ``histogram`` a tensor's values are counted instead, whatever
    its shape.
    """
    return _join(*map(str, parts(x, title, names, histogram)))


def parts(x: Any, title: str = "", names: Mapping[int, str] | None = None, histogram: bool = False) -> Sequence[Part]:
    """The same in its parts, from top to bottom: those of which pixels would show more are plates."""
    if histogram and isinstance(x, torch.Tensor) and not x.is_meta and x.numel():
        return [_caption(x, title), _histogram(x.detach().cpu().double().flatten())]
    if isinstance(x, Mapping) and all(_is_number(v) for v in x.values()):
        return [title, _bars([float(v) for v in x.values()], [str(k) for k in x])]
    if isinstance(x, Mapping):
        return [title, _curves({str(k): [float(v) for v in values] for k, values in x.items()})]
    if isinstance(x, torch.Tensor):
        if x.dim() == 0 and x.grad_fn is not None:
            return [graph(x, title, names or {})]
        return _tensor(x.detach(), title)
    if isinstance(x, Sequence) and not isinstance(x, str) and x and all(_is_number(v) for v in x):
        return [title, _curve([float(v) for v in x])]
    return [title, repr(x)[: WIDTH * 4]]


def _is_number(v: Any) -> bool:
    return isinstance(v, int | float) or (isinstance(v, torch.Tensor) and v.dim() == 0)


def _join(*parts: str) -> str:
    return "\n".join(p for p in parts if p)


def number(v: float, width: int = 0) -> str:
    """A number in few characters: integers whole, others to three significant digits or two decimals."""
    if math.isnan(v):
        text = "nan"
    elif math.isinf(v):
        text = "-inf" if v < 0 else "inf"
    elif v == int(v) and abs(v) < 1e5:
        text = str(int(v))
    elif abs(v) >= 1e4 or abs(v) < 0.005:
        text = f"{v:.1e}".replace("e-0", "e-").replace("e+0", "e+")
    else:
        text = f"{v:.3g}" if abs(v) >= 10 else f"{v:.2f}"
    return text.rjust(width)


def _caption(x: torch.Tensor, title: str) -> str:
    shape = "×".join(str(n) for n in x.shape) or "no dimensions"
    return f"{title}  " * bool(title) + f"({shape}, {str(x.dtype).removeprefix('torch.')})"


def _tensor(x: torch.Tensor, title: str) -> Sequence[Part]:
    caption = _caption(x, title)
    if x.is_meta:
        return [caption, "on the meta device: a shape without values"]
    x = x.cpu()
    if x.dim() == 0:
        return [caption, number(float(x)) if x.dtype != torch.bool else str(bool(x))]
    if x.numel() == 0:
        return [caption, "empty"]
    if x.dim() > 2:
        flat = x.reshape(-1, *x.shape[-2:])
        found: list[Part] = [caption]
        for i in range(min(len(flat), 4)):
            index = torch.unravel_index(torch.tensor(i), x.shape[:-2])
            found += [f"[{', '.join(str(int(n)) for n in index)}, :, :]", _body(flat[i])]
        if len(flat) > 4:
            found.append(f"… and {len(flat) - 4} more")
        return found
    return [caption, _body(x)]


def _body(x: torch.Tensor) -> Part:
    if x.dtype == torch.bool:
        return _mask(x if x.dim() == 2 else x[None], x.dim() == 2)
    x = x.double()
    if x.dim() == 2:
        return _heat(x)
    return _bars(x.tolist()) if len(x) <= 24 else _curve(x.tolist())


# --- masks and heat maps ------------------------------------------------------------------------------------


def _mask(x: torch.Tensor, labels: bool) -> Part:
    rows, columns = min(x.shape[0], ROWS), min(x.shape[1], 34)
    lines = []
    for i in range(rows):
        cells = " ".join("■" if v else "·" for v in x[i, :columns].tolist())
        lines.append((f"{i:>3}  " if labels else "     ") + cells + " …" * (columns < x.shape[1]))
    if rows < x.shape[0]:
        lines.append(f"     … and {x.shape[0] - rows} more rows")
    if labels and columns <= 10:
        lines.insert(0, "     " + " ".join(str(j) for j in range(columns)))
    text = _join(*lines, "     ■ True   · False")
    if not labels or max(x.shape) <= 12:
        return text
    return plates.matrix(x.double(), text, 0.0, 1.0, ("False", "True"))


def _shade(v: float, top: float) -> str:
    """One of four shades for the size of ``v``; a dot for what is nothing beside ``top``."""
    if math.isnan(v):
        return "?"
    if math.isinf(v):
        return "∞"
    part = abs(v) / top if top else 0.0
    return "·" if part < 0.005 else SHADES[min(3, int(part * 4 - 1e-9))]


def _heat(x: torch.Tensor) -> Part:
    finite = x[torch.isfinite(x)]
    top = float(finite.abs().max()) if len(finite) else 0.0
    rows, columns = x.shape
    cell = max(len(number(v)) for v in x.flatten().tolist()) + 3 if rows <= 12 and columns <= 8 else WIDTH
    if 5 + cell * columns <= WIDTH:
        return _join(*_numbered(x, top), f"     {_legend(top, False)}")
    whole, full = x, top
    step = max(1, math.ceil(rows / ROWS), math.ceil(columns / 34))
    note = ""
    if step > 1:
        x = torch.nn.functional.avg_pool2d(x[None], step, ceil_mode=True, count_include_pad=False)[0]
        note = f"     each cell is the mean of {step}×{step} numbers"
        finite = x[torch.isfinite(x)]
        top = float(finite.abs().max()) if len(finite) else 0.0
    signed = bool((x < 0).any())
    lines = []
    for i, row in enumerate(x.tolist()):
        cells = ""
        for v in row:
            shade = _shade(v, top)
            sign = ("-" if v < 0 else "+") if shade in SHADES or shade == "∞" else " "
            cells += sign + shade if signed else shade * 2 if shade in SHADES else shade + " "
        lines.append(f"{i * step:>3}  {cells}")
    text = _join(*lines, f"     {_legend(top, signed)}", note)
    low = -full if bool((whole < 0).any()) else 0.0
    return plates.matrix(whole, text, low, full, (number(low), number(full))) if full else text


def _numbered(x: torch.Tensor, top: float) -> list[str]:
    """Shade and number in each cell: small enough to read both."""
    cells = [[number(v) for v in row] for row in x.tolist()]
    width = max(len(c) for row in cells for c in row)
    lines = ["     " + " ".join(f"{j:>{width + 2}}" for j in range(x.shape[1]))]
    for i, row in enumerate(x.tolist()):
        drawn = (f"{_shade(v, top)} {c:>{width}}" for v, c in zip(row, cells[i], strict=True))
        lines.append(f"{i:>3}  " + " ".join(drawn))
    return lines


def _legend(top: float, signed: bool) -> str:
    if not top:
        return "· 0"
    marks = "  ".join(f"{s} to {number(top * (i + 1) / 4)}" for i, s in enumerate(SHADES))
    return f"size: · near 0  {marks}" + "\n     + and - are the signs" * signed


# --- bars and curves ----------------------------------------------------------------------------------------


def _bars(values: list[float], names: list[str] | None = None) -> str:
    """One row a value; bars of negative values are drawn with another sign and start at the same place."""
    finite = [abs(v) for v in values if math.isfinite(v)]
    top = max(finite, default=0.0)
    texts = [number(v) for v in values]
    names = names or [f"{i:>3}" for i in range(len(values))]
    width, label = max(len(t) for t in texts), max(len(n) for n in names)
    lines = []
    for i, v in enumerate(values):
        length = 40 * abs(v) / top if top and math.isfinite(v) else 0.0
        whole, rest = int(length), " ▏▎▍▌▋▊▉"[int(length % 1 * 8)]
        bar = "-" * max(1, round(length)) if v < 0 and top else "█" * whole + rest.strip()
        lines.append(f"{names[i]:<{label}}  {texts[i]:>{width}}  {bar}".rstrip())
    return "\n".join(lines)


def _histogram(x: torch.Tensor) -> str:
    """How many values lie where: one row a value where there are few, else ranges of equal width."""
    finite = x[torch.isfinite(x)]
    if not len(finite):
        return "nothing is finite"
    values, counts = finite.unique(return_counts=True)
    names = [number(v) for v in values.tolist()]
    if len(values) > BINS:
        counts = torch.histc(finite, BINS)
        bounds = torch.linspace(values[0], values[-1], BINS + 1, dtype=torch.float64)
        edges = bounds.where(bounds.abs() > 1e-3 * (values[-1] - values[0]), 0.0).tolist()  # rounding is no bound
        room = max(len(number(edge)) for edge in edges)
        names = [f"{number(a, room)} to {number(b, room)}" for a, b in itertools.pairwise(edges)]
    rows = _bars([float(n) for n in counts.tolist()], names)
    told = f"mean {number(float(finite.mean()))}, spread {number(float(finite.std(correction=0)))}"
    return _join(rows, told, f"and {len(x) - len(finite)} that are inf or nan" * (len(finite) < len(x)))


def _curve(values: list[float], height: int = 8, width: int = 60) -> Part:
    """A line of braille dots, two across and four down in each cell."""
    good = [v for v in values if math.isfinite(v)]
    if not good:
        return "no finite value"
    low, high = min(good), max(good)
    dots_x, dots_y = min(width * 2, max(2, len(values))), height * 4
    grid = [[0] * math.ceil(dots_x / 2) for _ in range(height)]
    bits = ((1, 8), (2, 16), (4, 32), (64, 128))
    last: int | None = None
    for x in range(dots_x):
        v = values[round(x * (len(values) - 1) / max(1, dots_x - 1))]
        if not math.isfinite(v):
            last = None
            continue
        y = round((high - v) / (high - low) * (dots_y - 1)) if high > low else dots_y // 2
        start = y if last is None else last
        for dot in range(min(start, y), max(start, y) + 1):
            grid[dot // 4][x // 2] |= bits[dot % 4][x % 2]
        last = y
    drawn = ["".join(chr(0x2800 + c) if c else " " for c in row) for row in grid]
    text = _frame(drawn, {0: number(high), height - 1: number(low)}, len(values))
    return plates.curves([values], text, low, high, (number(low), number(high)), [])


def _curves(series: dict[str, list[float]], height: int = 10, width: int = 56) -> Part:
    """Several curves in one frame, each drawn with a letter of its own."""
    good = [v for values in series.values() for v in values if math.isfinite(v)]
    if not good:
        return "no finite value"
    low, high = min(good), max(good)
    longest = max(len(values) for values in series.values())
    step = max(1, width // longest)  # a few points stand apart, many share columns
    width = longest * step if longest < width else width
    grid = [[" "] * width for _ in range(height)]
    for mark, values in zip("abcdefgh", series.values(), strict=False):
        for x in range(0, width, step):
            i = x // step if longest < width else round(x * (longest - 1) / (width - 1))
            if i < len(values) and math.isfinite(values[i]):
                y = round((high - values[i]) / (high - low) * (height - 1)) if high > low else height // 2
                grid[y][x] = mark
    legend = "   ".join(f"{m} {name}" for m, name in zip("abcdefgh", series, strict=False))
    drawn = _frame(["".join(row) for row in grid], {0: number(high), height - 1: number(low)}, longest)
    text = _join(drawn, "        " + legend)
    return plates.curves([*series.values()], text, low, high, (number(low), number(high)), [*series])


def _frame(rows: list[str], marks: dict[int, str], count: int) -> str:
    lines = [f"{marks.get(i, ''):>8} │{row}".rstrip() for i, row in enumerate(rows)]
    end = str(count - 1)
    axis = " " * 9 + "└" + "─" * len(rows[0])
    foot = " " * 10 + "0" + end.rjust(max(len(end) + 1, len(rows[0]) - 1))
    return _join(*lines, axis, foot)


# --- graphs -------------------------------------------------------------------------------------------------


def graph(x: torch.Tensor, title: str, names: Mapping[int, str]) -> str:
    """The tree of grad_fn nodes, from the result to the leaves; a node met again is named, not redrawn.

    A node whose saved values are gone, because a backward has been through and has not kept them, is marked.
    """
    value = f"= {float(x.detach()):.4g}" if x.dim() == 0 else f"shape {tuple(x.shape)}"
    lines = [f"{title or names.get(id(x), 'result')} {value}"]
    seen: dict[Any, int] = {}

    def label(node: Any) -> str:
        variable = getattr(node, "variable", None)
        if variable is None:
            return str(node.name()) + "  ✗ used up" * _used_up(node)
        shape = f"shape {tuple(variable.shape)}" if variable.dim() else "a single number"
        return f"{names.get(id(variable), 'a leaf')}  ({shape}, gets .grad)"

    def walk(node: Any, head: str, rest: str) -> None:
        again = node in seen and getattr(node, "variable", None) is None
        lines.append(head + label(node) + ("  (the same node as above)" if again else ""))
        if again or len(lines) > 40:
            return
        seen[node] = len(lines)
        children = [child for child, _ in node.next_functions if child is not None]
        for i, child in enumerate(children):
            final = i == len(children) - 1
            walk(child, rest + ("└─ " if final else "├─ "), rest + ("   " if final else "│  "))

    walk(x.grad_fn, "", "")
    if len(lines) > 40:
        lines = [*lines[:40], "…"]
    return "\n".join(line[:WIDTH] for line in lines)


def _used_up(node: Any) -> bool:
    """Whether a backward has freed what the node saved: torch raises when it is read."""
    for name in dir(node):
        if name.startswith("_saved_"):
            try:
                getattr(node, name)
            except RuntimeError as error:
                return "already been freed" in str(error)
    return False
