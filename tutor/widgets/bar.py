"""One line at the top of a screen: where you are on the left, how it stands on the right."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget


def markup(text: str) -> str:
    """Text as it is, for use inside of markup."""
    return text.replace("[", r"\[")


def spread(left: Content, right: Content, width: int) -> Content:
    """Two pieces at the two ends of a line; the left one gives way."""
    room = width - right.cell_length - 2
    if room < 8:
        return left.truncate(width, ellipsis=True)
    left = left.truncate(room, ellipsis=True)
    return Content.assemble(left, " " * (width - left.cell_length - right.cell_length), right)


class Bar(Widget):
    """The line itself; both ends are markup with theme colors."""

    DEFAULT_CSS = """
    Bar { height: 1; dock: top; padding: 0 1; background: $panel; color: $foreground; }
    """
    left: reactive[str] = reactive("")
    right: reactive[str] = reactive("")

    def __init__(self, left: str = "", right: str = "") -> None:
        super().__init__()
        self.set_reactive(Bar.left, left)
        self.set_reactive(Bar.right, right)

    def render(self) -> Content:
        left, right = Content.from_markup(self.left), Content.from_markup(self.right)
        return spread(left, right, self.content_size.width)


def progress_line(done: int, total: int, width: int) -> str:
    """A bar as markup: what is done heavy and in color, the rest light and dim."""
    width = max(width, 1)
    full = round(width * done / total) if total else 0
    full = min(max(full, 1 if done else 0), width if done >= total else width - 1)
    return f"[$success]{'━' * full}[/][$border-blurred]{'─' * (width - full)}[/]"


def minutes(count: int) -> str:
    """Minutes as people say them."""
    if count < 60:
        return f"{count} min"
    hours, rest = divmod(count, 60)
    return f"{hours} h {rest:02} min" if rest else f"{hours} h"
