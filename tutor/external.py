"""The learner's own editor, in this terminal."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

CANDIDATES = ("nano", "vim", "vi", "notepad")


def editor_command() -> list[str]:
    """``VISUAL`` or ``EDITOR`` as words, else an editor that is installed; empty where there is none."""
    for name in ("VISUAL", "EDITOR"):
        if value := os.environ.get(name, "").strip():
            return shlex.split(value, posix=os.name != "nt")
    return next(([name] for name in CANDIDATES if shutil.which(name)), [])


def open_editor(path: Path) -> int:
    """Open the file and wait until the editor is closed. Raises OSError when it cannot be started."""
    command = editor_command()
    if not command:
        raise OSError("no editor was found; set EDITOR to the one you like")
    return subprocess.call([*command, str(path)])
