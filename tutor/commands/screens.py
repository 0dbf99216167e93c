"""`gradatim` itself: puts the learner's things together and opens the screens."""

from __future__ import annotations

import gc
import os
import sys

from tutor import graphics, paths
from tutor.commands.context import desk


def possible() -> bool:
    """Whether there is somewhere to draw them: a terminal, or a browser's pipe."""
    return (sys.stdin.isatty() and sys.stdout.isatty()) or "TEXTUAL_DRIVER" in os.environ


def open_screens() -> int:
    """Open the screens; return the exit code once they close."""
    gc.disable()  # what is loaded now stays; the app takes over from here (tutor.sweep)
    from tutor.app import GradatimApp

    app = GradatimApp(
        desk.course,
        desk.workspace,
        desk.progress,
        runs_root=paths.runs_dir(),
        settings=desk.settings,
        raise_errors=desk.debug,
    )
    if graphics.pixels():
        from tutor.widgets.wall import open_wall

        open_wall(app, graphics.cell())
    app.run()
    return app.return_code or 0
