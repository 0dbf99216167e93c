"""How a screen opens: styled once, laid out once, painted once. Textual does each of it up to three times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import active_app
from textual.color import Color
from textual.css.model import RuleSet
from textual.geometry import Size
from textual.message import Message
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import Screen

RuleSet.__hash__ = object.__hash__  # type: ignore[method-assign]
"""Textual's own says the same, but in Python, and is asked some 300 times for each widget that is styled."""


@lru_cache(1024)
def _tinted(style: Style, color: Color) -> Style:
    """What is below a dialog: the style under a tint, and nothing in it that could be clicked."""
    base = style.clear_meta_and_links()
    front, back = (
        (Color.from_rich_color(one) + color).rich_color if one is not None and color.a else None
        for one in (base.color, base.bgcolor)
    )
    return base + Style.from_color(front, back)


def _below(segments: Iterable[Segment], color: Color) -> Iterator[Segment]:
    for text, style, control in segments:
        yield Segment(text, style if control else _tinted(style or Style.null(), color), control)


BackgroundScreen.process_segments = staticmethod(_below)  # type: ignore[method-assign]
"""Textual's own works out each of the some 400 stretches of a screen anew, though they have thirty styles."""


class Opening(Screen[Any]):
    """A mixin for screens; it must come before their base.

    Three of Textual's own methods are overridden, for it leaves no other way.
    """

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        if (app := active_app.get(None)) is not None:
            self.update_classes(self._breakpoints(app.size), update=False)

    def _breakpoints(self, size: Size) -> dict[str, bool]:
        """Which classes a screen of this size has.

        Textual sets them only once the screen has been laid out, and must then style and lay out all of it anew.
        """
        found: dict[str, bool] = {}
        for room, own, common in (
            (size.width, self.HORIZONTAL_BREAKPOINTS, self.app.HORIZONTAL_BREAKPOINTS),
            (size.height, self.VERTICAL_BREAKPOINTS, self.app.VERTICAL_BREAKPOINTS),
        ):
            breakpoints = (common if own is None else own) or []
            holds = self._get_breakpoint_classes(room, breakpoints)
            found |= {name: name in holds for _, name in breakpoints}
        return found

    async def _dispatch_message(self, message: Message) -> None:
        if isinstance(message, events.ScreenResume) and not self.stack_updates:
            message.refresh_styles = False  # each widget was styled when it was mounted, a moment ago
        await super()._dispatch_message(message)

    def _compositor_refresh(self) -> None:
        if not self.app._batch_count:  # else the frame would be drawn, and then thrown away
            super()._compositor_refresh()

    def _screen_resized(self, size: Size) -> None:
        if size != self._compositor.size:  # else this event is but the echo of the layout that was just made
            self.update_classes(self._breakpoints(size), animate=False)
            super()._screen_resized(size)
