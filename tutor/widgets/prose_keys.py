"""Keys that a text names: those of the learner, where other ones were chosen."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from textual.app import App
from textual.binding import Binding

if TYPE_CHECKING:
    from tutor.app import GradatimApp

NAMED = re.compile(r"\{([a-z]+\.[a-z0-9_]+)\|([^}]*)\}")
"""``{bench.check|F2}``: the id of a binding, and how the text names the key that it is shipped with."""


def with_keys(text: str, app: App[Any], escape: Callable[[str], str] = str) -> str:
    """The text with the keys that work now; ``escape`` makes one of them part of what the text is written in."""
    chosen = cast("GradatimApp", app).settings.keymap()

    def key(found: re.Match[str]) -> str:
        mine = chosen.get(found[1])
        if not mine:
            return found[2]
        shown = app.get_key_display(Binding(mine.split(",")[0], ""))
        return escape(shown.upper() if re.fullmatch(r"f\d+", shown) else shown)

    return NAMED.sub(key, text)
