"""How keys are written, on every screen the same; in texts those of the learner, where other ones were chosen."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from textual.app import App
from textual.binding import Binding
from textual.keys import format_key

if TYPE_CHECKING:
    from tutor.app import GradatimApp

NAMED = re.compile(r"\{([a-z]+\.[a-z0-9_]+)\|([^}]*)\}")
"""``{bench.check|F2}``: the id of a binding, and how the text names the key that it is shipped with."""

ARROWS = {"up": "↑", "down": "↓", "left": "←", "right": "→", "enter": "⏎"}
SHORT = {"escape": "Esc", "pageup": "PgUp", "pagedown": "PgDn", "delete": "Del"}


def key_name(key: str, ascii: bool = False) -> str:
    """A key by its name: ``F2``, ``Esc``, ``Ctrl+S``, ``h``, ``→``, the last ``Right`` where signs are ASCII."""
    *held, last = key.split("+")
    if last in ARROWS and not ascii:
        name = ARROWS[last]
    elif len(sign := format_key(last)) == 1 and last not in ARROWS:
        name = sign.upper() if held else sign
    else:
        name = SHORT.get(last, last.title())
    return "+".join([*map(str.title, held), name])


def with_keys(text: str, app: App[Any], escape: Callable[[str], str] = str) -> str:
    """The text with the keys that work now; ``escape`` makes one of them part of what the text is written in."""
    chosen = cast("GradatimApp", app).settings.keymap()

    def key(found: re.Match[str]) -> str:
        mine = chosen.get(found[1])
        if not mine:
            return found[2]
        return escape(app.get_key_display(Binding(mine.split(",")[0], "")))

    return NAMED.sub(key, text)
