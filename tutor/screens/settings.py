"""Settings: colors, motion, signs, examples, and every key, changed by pressing another."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tutor import keymap, settings
from tutor.keymap import PLACES, Known, with_escape
from tutor.screens.base import Guarded, Page
from tutor.widgets.bar import Bar, markup
from tutor.widgets.colors import theme_names
from tutor.widgets.keys import Keys
from tutor.widgets.listing import Listing

Row = settings.Option | Known | str
"""A choice, a key, or the heading of a group."""
NAMES = {
    "theme": "Theme", "motion": "Motion", "ascii": "Signs in ASCII", "pixels": "Pictures in pixels",
    "examples-first": "Examples first",
}  # fmt: skip


class Choices(Listing):
    """The list; left and right change what is chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space", "screen.change(1)", "Change", show=False, id="settings.change"),
        Binding("left", "screen.change(-1)", "Change back", show=False, id="settings.back_one"),
        Binding("enter", "screen.change(1)", "Change", id="settings.enter", tooltip="The next value, or another key"),
        Binding("d", "screen.default", "As shipped", id="settings.default", tooltip="Back to what it was at first"),
    ]


class SettingsPage(Page):
    """All that can be chosen."""

    HELP = """\
## Settings

↑ ↓ choose a line; Enter, ← and → change it, and `{settings.default|d}` brings back what was shipped. On the line of
a key, Enter asks for another: press it. A key that something else has at the same place is refused, and you are
told what has it. `gradatim settings` does the same without screens.

Pictures in pixels need Kitty's graphics protocol with its Unicode placeholders: Kitty or Ghostty, outside of tmux.
They were tested against a stand-in that speaks the protocol, and not seen in a real Kitty yet.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "back", "Back", id="settings.leave"),
        Binding("question_mark", "app.help", "Help", show=False, id="settings.help", tooltip="What can be done here"),
    ]
    WHERE = "settings"

    def __init__(self) -> None:
        super().__init__(classes="settings")
        self.rows: list[Row] = []

    def compose(self) -> ComposeResult:
        yield Bar("[b]Settings[/]", "[$foreground-muted]kept for screens and commands[/]")
        yield Choices(id="settings")
        yield Static(id="settings-says")
        yield Keys()

    def on_mount(self) -> None:
        self.rows = [*settings.OPTIONS]
        self.draw()
        self.query_one(Choices).focus()
        self._look_for_keys()

    @work(thread=True, exit_on_error=False, group="open")
    def _look_for_keys(self) -> None:
        """Every screen is loaded for this, which takes a moment."""
        self.app.call_from_thread(self._keys_found, keymap.known())

    def _keys_found(self, found: list[Known]) -> None:
        place = ""
        for one in found:
            if one.place != place:
                place = one.place
                self.rows.append(f"Keys: {PLACES.get(place, place.capitalize())}")
            self.rows.append(one)
        self.draw()

    def on_resize(self) -> None:
        self.draw()

    # -- drawing ------------------------------------------------------------------------------------

    def draw(self) -> None:
        choices = self.query_one(Choices)
        chosen = choices.highlighted or 0
        with self.app.batch_update():
            choices.clear_options()
            choices.add_options([Option(self._line(row), disabled=isinstance(row, str)) for row in self.rows])
            choices.highlighted = chosen
        self._describe()

    def _line(self, row: Row) -> Content:
        if isinstance(row, str):
            return Content.from_markup(f"\n[b $text-primary]{markup(row)}[/]")
        if isinstance(row, Known):
            mine = self.desk.settings.keymap().get(row.id)
            keys = f"[b $text-accent]{markup(f'{self.shown(mine or row.keys):<18}')}[/]"
            own = "  [$foreground-muted]yours[/]" if mine else ""
            return Content.from_markup(f"  {keys} {markup(row.words or row.id)}{own}")
        arrows = f"[$foreground-muted]‹[/] {markup(self.value(row))} [$foreground-muted]›[/]"
        return Content.from_markup(f"  {NAMES.get(row.name, row.name):<18} {arrows}")

    def shown(self, keys: str) -> str:
        """Keys as the line of keys shows them."""
        return " ".join(self.app.get_key_display(Binding(key, "")) for key in keys.split(","))

    def value(self, option: settings.Option) -> str:
        return self.desk.settings.option(option.name) if option.values else self.desk.theme

    @on(OptionList.OptionHighlighted)
    def _describe(self) -> None:
        row = self.chosen
        words = row.says if isinstance(row, settings.Option) else ""
        if isinstance(row, Known):
            words = f"[b]{row.id}[/]  as shipped: {markup(self.shown(row.keys))}"
        if problem := self.desk.settings.problem:
            words = f"[$text-warning]{markup(problem)} It holds until Gradatim ends.[/]"
        self.query_one("#settings-says", Static).update(Content.from_markup(words))

    @property
    def chosen(self) -> Row | None:
        index = self.query_one(Choices).highlighted
        return self.rows[index] if index is not None and index < len(self.rows) else None

    # -- changing -----------------------------------------------------------------------------------

    def action_change(self, step: int) -> None:
        row = self.chosen
        if isinstance(row, settings.Option):
            values = row.values or theme_names()
            at = values.index(self.value(row)) if self.value(row) in values else 0
            self.choose(row, values[(at + step) % len(values)])
        elif isinstance(row, Known):
            self._ask_key(row)

    def action_default(self) -> None:
        row = self.chosen
        if isinstance(row, settings.Option):
            self.choose(row, row.default or theme_names()[0])
        elif isinstance(row, Known):
            self._take(row, "")

    def choose(self, option: settings.Option, value: str) -> None:
        if option.name == "theme":
            self.desk.theme = value
        self.desk.settings.set(option.name, value)
        self.desk.take_settings()
        self.draw()

    @work(exit_on_error=False, group="ask")
    async def _ask_key(self, row: Known) -> None:
        key = await self.app.push_screen_wait(Press(row, self.desk.settings.keymap()))
        if key is not None:
            self._take(row, key)

    def _take(self, row: Known, key: str) -> None:
        self.desk.settings.set_key(row.id, with_escape(row, key))
        self.desk.take_settings()
        self.draw()


class Press(Guarded, ModalScreen["str | None"]):
    """Waits for a key, and gives it back if nothing else has it; Escape gives None."""

    def __init__(self, row: Known, chosen: dict[str, str]) -> None:
        super().__init__()
        self.row, self.keymap = row, chosen

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog") as box:
            box.border_title = "Press a key"
            box.border_subtitle = "Esc leaves it as it is"
            yield Static(f"for: {self.row.words or self.row.id}", markup=False)
            yield Static(id="press-problem")

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        if event.key == "escape":
            self.dismiss(None)
        elif why := keymap.problem(self.keymap, self.row.id, event.key):
            self.query_one("#press-problem", Static).update(Content.from_markup(f"\n[$text-warning]{markup(why)}[/]"))
        else:
            self.dismiss(event.key)
