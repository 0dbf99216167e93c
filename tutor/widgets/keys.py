"""The last line of a screen: the keys that work now, as many as fit; the ways out and to help are always there."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from tutor.widgets.bar import markup

HELP = "app.help"
GAP = "  "


class Keys(Widget):
    """Keys and what they do; a click is as good as the key.

    A screen may have an attribute ``quiet``: ids of bindings that work but are not worth a place now.
    """

    DEFAULT_CSS = """
    Keys { height: 1; dock: bottom; padding: 0 1; background: $footer-background;
           color: $footer-description-foreground; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._known: list[tuple[str, str, str]] = []
        self._places: list[tuple[int, int, str]] = []
        """First column, column behind the last, and key of each entry as it is drawn."""

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def _changed(self, _: Screen[object]) -> None:
        self.refresh()

    def entries(self) -> list[tuple[str, str, str]]:
        """Key to press, keys as shown, and words, in the order of importance, help last."""
        if not self.screen.is_current:
            return list(self._known)  # a dialog is open: these keys rest
        quiet = getattr(self.screen, "quiet", ())
        found: dict[str, tuple[str, str, str]] = {}
        seen: set[str] = set()
        last: tuple[str, str, str] | None = None
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if not binding.show or not binding.description or not active.enabled or binding.id in quiet:
                continue
            if binding.action in seen:
                continue  # another key for the same
            seen.add(binding.action)
            shown = self.app.get_key_display(binding)
            if binding.id == HELP:
                last = (binding.key, shown, binding.description)
                continue
            group = binding.group.description if binding.group else binding.action
            if group in found and binding.group:
                key, keys, words = found[group]
                found[group] = (key, f"{keys} {shown}", words)
            else:
                found[group] = (binding.key, shown, group if binding.group else binding.description)
        ways = sorted(found.values(), key=lambda entry: entry[0] == "escape")  # the way out behind the ways on
        self._known = [*ways, *([last] if last else [])]
        return list(self._known)

    def render(self) -> Content:
        entries = self.entries()
        width = self.content_size.width

        def room(some: list[tuple[str, str, str]]) -> int:
            return sum(len(shown) + 1 + len(words) for _, shown, words in some) + len(GAP) * (len(some) - 1)

        while len(entries) > 2 and room(entries) > width:
            entries.pop(-3 if len(entries) > 3 and entries[-2][0] == "escape" else -2)
        self._places, column = [], 0
        for key, shown, words in entries:
            end = column + len(shown) + 1 + len(words)
            self._places.append((column, end, key))
            column = end + len(GAP)
        parts = [f"[b $footer-key-foreground]{markup(shown)}[/] {markup(words)}" for _, shown, words in entries]
        return Content.from_markup(GAP.join(parts))

    def on_click(self, event: events.Click) -> None:
        column = event.x - self.gutter.left
        for start, end, key in self._places:
            if start <= column < end:
                self.app.simulate_key(key)
