"""What the learner likes, and the page last read: a small JSON file that screens and commands share."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tutor import paths, trouble
from tutor.workspace import write_atomic


@dataclass(frozen=True)
class Option:
    """One thing that can be chosen."""

    name: str
    says: str
    values: tuple[str, ...]
    """The first is the one to begin with. Empty: the names of themes, which only the screens know."""

    @property
    def default(self) -> str:
        return self.values[0] if self.values else ""


OPTIONS = (
    Option("theme", "The colors of the screens.", ()),
    Option("motion", "Full: pages glide and the cursor blinks. Reduced: nothing moves by itself.", ("full", "reduced")),
    Option("ascii", "On: signs, lines, bars and curves are drawn with the characters of ASCII.", ("off", "on")),
    Option("pixels", "Auto: pictures are drawn in pixels where the terminal can. Off: in text.", ("auto", "off")),
    Option(
        "examples-first",
        "Before coding, write two examples: for exercises beside the core path (tier B), for all, or for none.",
        ("tier-b", "all", "off"),
    ),
)
"""All options; the screen, the command and what is accepted are made from them."""


class Settings:
    """Values by name. Without a path they last as long as the process; a damaged file counts as empty."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.problem = ""
        """Why what was set last could not be written, as a sentence; else empty."""
        self._values = self._read()

    def _read(self) -> dict[str, Any]:
        if self.path is not None:
            with contextlib.suppress(OSError, ValueError):
                read = json.loads(self.path.read_text(encoding="utf-8"))
                return read if isinstance(read, dict) else {}
        return {}

    @classmethod
    def kept(cls) -> Settings:
        """Those of this learner."""
        return cls(paths.data_dir() / "settings.json")

    def get(self, name: str, default: Any = None) -> Any:
        return self._values.get(name, default)

    def set(self, name: str, value: Any) -> None:
        """Remember it. A disk that refuses is no reason to stop the learner; ``problem`` then says so."""
        if self._values.get(name) == value:
            return
        # What another window has changed meanwhile stays changed.
        self._values = {**self._values, **self._read(), name: value}
        if self.path is not None:
            self.problem = ""
            try:
                write_atomic(self.path, json.dumps(self._values, indent=1, sort_keys=True) + "\n")
            except OSError as error:
                self.problem = f"Settings cannot be kept at {self.path}: {trouble.why(error)}."

    # -- options ------------------------------------------------------------------------------------

    def option(self, name: str) -> str:
        """The value that counts; what the file holds counts only if it is one of the option's."""
        option = next(one for one in OPTIONS if one.name == name)
        value = self.get(name)
        return value if isinstance(value, str) and value in option.values else option.default

    @property
    def ascii(self) -> bool:
        """Whether signs are to be drawn in ASCII; ``GRADATIM_ASCII`` overrides, ``0`` and nothing meaning no."""
        named = os.environ.get("GRADATIM_ASCII")
        return self.option("ascii") == "on" if named is None else named not in ("", "0")

    @property
    def still(self) -> bool:
        """Whether nothing is to move by itself; so too with Textual's own ``TEXTUAL_ANIMATIONS=none``."""
        return self.option("motion") == "reduced" or os.environ.get("TEXTUAL_ANIMATIONS", "").lower() == "none"

    def theme(self, default: str) -> str:
        name = self.get("theme")
        return name if isinstance(name, str) else default

    def keymap(self) -> dict[str, str]:
        """Keys that the learner chose, by the id of a binding, such as ``{"bench.check": "f9"}``."""
        keys = self.get("keymap")
        return {k: v for k, v in keys.items() if isinstance(v, str) and v} if isinstance(keys, dict) else {}

    def set_key(self, id_: str, key: str) -> None:
        """Choose a key for a binding; an empty one brings its own back."""
        keys = {**self.keymap(), id_: key}
        self.set("keymap", {name: chosen for name, chosen in keys.items() if chosen})

    # -- where the reader is ------------------------------------------------------------------------

    def page(self, lesson_id: str) -> int | None:
        """The page of this lesson that was open last, from 0; None when it was never opened."""
        page = self.get("pages", {}).get(lesson_id)
        return page if isinstance(page, int) else None

    def set_page(self, lesson_id: str, page: int) -> None:
        self.set("pages", {**self.get("pages", {}), lesson_id: page})
