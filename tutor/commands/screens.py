"""`gradatim` itself: puts the learner's things together and opens the screens."""

from __future__ import annotations

from tutor import paths
from tutor.commands.context import desk


def open_screens() -> int:
    """Open the screens; return the exit code once they close."""
    from tutor.app import GradatimApp
    from tutor.settings import Settings

    app = GradatimApp(
        desk.course,
        desk.workspace,
        desk.progress,
        runs_root=paths.runs_dir(),
        settings=Settings(paths.data_dir() / "settings.json"),
        raise_errors=desk.debug,
    )
    app.run()
    return app.return_code or 0
