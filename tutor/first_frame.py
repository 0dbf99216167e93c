"""The first frame: what Textual would do twice before it is done once, and what is loaded right behind it.

Textual has no other way to say either, so this reaches for its private parts, here and nowhere else: a theme that is
set as usual reads the whole style sheet again, twice, and so does the first look at a screen that a mode makes, since
its count of style sheets begins below the app's.
"""

from __future__ import annotations

import importlib
from typing import Any

from textual.app import App, active_app
from textual.screen import Screen

SOON = ("base", "exercise", "lesson", "palette", "training", "settings")
"""Screens that are opened first, or often."""


def begin_with(app: App[Any], theme: str) -> None:
    """Take a theme before anything is drawn."""
    app.set_reactive(App.theme, theme)
    dark = app.current_theme.dark
    classes = {f"-theme-{theme}": True, "-dark-mode": dark, "-light-mode": not dark}
    app.update_classes(classes, update=False)
    app._refresh_truecolor_filter(app.ansi_theme)
    app.stylesheet.set_variables(app.get_css_variables())


def styled(screen: Screen[Any]) -> Screen[Any]:
    """Say of a mode's first screen that nothing has changed since the style sheet was read."""
    screen._css_update_count = active_app.get()._css_update_count
    return screen


def load_screens() -> None:
    """Beside the first looks at the map, so that no key waits for what it opens to be loaded: up to 0.2 s."""
    for name in SOON:
        importlib.import_module(f"tutor.screens.{name}")
    importlib.import_module("textual.widgets").Markdown  # noqa: B018 - loads it; Help has it, too
    importlib.import_module("tutor.widgets.highlights").ready()
