"""What a screen looks like as rows of text, and the comparison with the picture that is kept."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Any

PICTURES = Path(__file__).parent / "pictures"


def rows(app: Any) -> list[str]:
    """The screen, one line a row, without colors and without spaces at the end."""
    height = app.size[1]
    strips = app.screen._compositor.render_strips()
    lines = ["".join(segment.text for segment in strip).rstrip() for strip in strips]
    return lines[:height]


def compare(app: Any, name: str) -> None:
    """Fail, with a diff, where the screen is not as it was drawn."""
    width, height = app.size
    kept(PICTURES / f"{name}-{width}x{height}.txt", "\n".join(rows(app)) + "\n")


def kept(path: Path, seen: str) -> None:
    """Fail, with a diff, where this is not what the file holds; GRADATIM_PICTURES=write draws anew."""
    if os.environ.get("GRADATIM_PICTURES") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(seen, encoding="utf-8")
        return
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    if seen != old:
        lines = difflib.unified_diff(old.split("\n"), seen.split("\n"), path.name, "now", lineterm="")
        raise AssertionError("the screen has changed; GRADATIM_PICTURES=write keeps it\n" + "\n".join(lines))
