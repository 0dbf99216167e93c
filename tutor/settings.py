"""What the desk remembers of its own: theme, keys, the page last read; a small JSON file."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from tutor.workspace import write_atomic


class Settings:
    """Values by name. Without a path they last as long as the process; a damaged file counts as empty."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._values: dict[str, Any] = {}
        if path is not None:
            with contextlib.suppress(OSError, ValueError):
                read = json.loads(path.read_text(encoding="utf-8"))
                self._values = read if isinstance(read, dict) else {}

    def get(self, name: str, default: Any = None) -> Any:
        return self._values.get(name, default)

    def set(self, name: str, value: Any) -> None:
        """Remember it. A disk that cannot be written to is no reason to disturb the learner."""
        if self._values.get(name) == value:
            return
        self._values[name] = value
        if self.path is not None:
            with contextlib.suppress(OSError):
                write_atomic(self.path, json.dumps(self._values, indent=1, sort_keys=True) + "\n")

    def page(self, lesson_id: str) -> int | None:
        """The page of this lesson that was open last, from 0; None when it was never opened."""
        page = self.get("pages", {}).get(lesson_id)
        return page if isinstance(page, int) else None

    def set_page(self, lesson_id: str, page: int) -> None:
        self.set("pages", {**self.get("pages", {}), lesson_id: page})

    def theme(self, default: str) -> str:
        name = self.get("theme")
        return name if isinstance(name, str) else default

    def keymap(self) -> dict[str, str]:
        """Keys that the learner chose, by the id of a binding, such as ``{"bench.check": "f9"}``."""
        keys = self.get("keymap")
        return {k: v for k, v in keys.items() if isinstance(v, str)} if isinstance(keys, dict) else {}
