"""What all screens share: errors become dialogs, help is one key away, and the app has its type."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.css.query import NoMatches
from textual.geometry import Offset
from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Button, Static
from textual.worker import Worker, WorkerState

from tutor import terminal
from tutor.screens.opening import Opening
from tutor.widgets.bar import markup
from tutor.widgets.prose import plain
from tutor.widgets.prose_keys import with_keys

if TYPE_CHECKING:
    from tutor.app import GradatimApp


class Guarded(MessagePump):
    """A mixin: what goes wrong in a handler is shown to the learner instead of ending everything."""

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except Exception as error:
            app = self.app
            gone = not (self.is_attached and getattr(self, "display", True))
            if isinstance(error, NoMatches) and (gone or getattr(app, "ending", False)):
                return  # it is being closed, and the part that it would have drawn on is gone already
            report = getattr(app, "report_error", None)
            if report is None or not report(error):
                raise

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Close this screen, once: a key or a click right behind the first would close the one below."""
        closed: AwaitComplete
        closed = super().dismiss(result) if self.app.screen is self else AwaitComplete.nothing()  # type: ignore[misc]
        return closed


class Page(Guarded, Opening, Screen[None]):
    """A full screen of the desk. Subclasses write HELP."""

    HELP: ClassVar[str | None] = ""
    WHERE: ClassVar[str] = ""
    """What the terminal's title says while this screen is open."""

    @property
    def desk(self) -> GradatimApp:
        """The app, with its type."""
        from typing import cast

        return cast("GradatimApp", self.app)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Work that failed is told; without this it would just not have happened."""
        error = event.worker.error
        if isinstance(error, NoMatches) and (not self.is_attached or self.desk.ending):
            return  # it is being closed, and the part that it would have drawn on is gone already
        if event.state is WorkerState.ERROR and error is not None and not self.desk.report_error(error):
            raise error

    def on_screen_resume(self) -> None:
        terminal.set_title(self.desk, self.where())

    def where(self) -> str:
        return self.WHERE

    def get_widget_and_offset_at(self, x: int, y: int) -> tuple[Widget | None, Offset | None]:
        """As Textual's; but what has gone and is only still drawn cannot be marked with the mouse."""
        widget, offset = super().get_widget_and_offset_at(x, y)
        gone = widget is not None and widget is not self and widget.parent is None
        return (None, None) if gone else (widget, offset)

    def keep(self) -> None:
        """Called before the screen goes or the app ends: write down what would be lost."""

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        """Why an action cannot be done now, for which `check_action` gives None; the key that asks for it says so."""
        return ""

    def action_back(self) -> None:
        self.desk.go(self.desk.going.close_page, self)


class Dialog(Guarded, Opening, ModalScreen[str]):
    """A question with a few answers, each with a key of its own; Escape gives the empty answer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "answer('')", "Cancel", show=False, id="dialog.cancel"),
        Binding("left", "app.focus_previous", show=False, id="dialog.left"),
        Binding("right", "app.focus_next", show=False, id="dialog.right"),
    ]

    def __init__(
        self, title: str, text: str, answers: Sequence[tuple[str, str]], tone: str = "", grace: float = 0.0
    ) -> None:
        """``grace`` is for questions that come by themselves: so many seconds no answer is taken."""
        super().__init__()
        self._from = monotonic() + grace
        self.heading, self.text, self.answers, self.tone = title, text, answers, tone

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog", classes=self.tone) as box:
            box.border_title = self.heading
            with VerticalScroll(id="dialog-text", can_focus=False):
                yield Static(with_keys(self.text, self.app), markup=False)
            with Horizontal(id="dialog-answers"):
                for key, label in self.answers:
                    yield Button(f"[b u]{key}[/]  {label}", id=f"answer-{key}", compact=True)

    def on_mount(self) -> None:
        for key, _ in self.answers:
            self._bindings.bind(key, f"answer('{key}')", show=False)
        self.query(Button).first().focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.action_answer((event.button.id or "").removeprefix("answer-"))

    def action_answer(self, key: str) -> None:
        if monotonic() >= self._from:
            self.dismiss(key)


class Help(Guarded, Opening, ModalScreen[None]):
    """What can be done here, in words and as a list of keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,q,enter", "dismiss", "Close", id="help.close"),
    ]

    def __init__(self, text: str, keys: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.text, self.keys = text, keys

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as box:
            box.border_title = "Help"
            box.border_subtitle = "Esc closes"
            yield Static(plain(self.text, below_heading="\n") or self.text, id="help-text")
            width = max((len(key) for key, _ in self.keys), default=0)
            lines = [f"[b $text-accent]{markup(f'{key:<{width}}')}[/]  {markup(words)}" for key, words in self.keys]
            yield Static("[b $text-primary]Keys that work here[/]\n" + "\n".join(lines), id="help-keys")

    def on_mount(self) -> None:
        self.query_one("#help").focus()


def help_text(screen: Screen[Any]) -> str:
    """The HELP of what has the focus and of all around it: paragraphs and headings of Markdown, see `plain`."""
    texts: list[str] = []
    for node in (screen.focused or screen).ancestors_with_self:
        text = type(node).__dict__.get("HELP")
        if text and text not in texts:
            texts.append(text)
    return with_keys("\n\n".join(text.strip() for text in texts), screen.app)


def help_keys(screen: Screen[Any]) -> list[tuple[str, str]]:
    """The keys and what they do, and which do nothing now; those that belong to the framework are left out."""
    found: dict[str, list[str]] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if not binding.id or not binding.description or binding.system:
            continue
        words = binding.tooltip or binding.description
        if not active.enabled:
            words += "  (not now)"
        found.setdefault(words, []).append(screen.app.get_key_display(binding))
    return [(" ".join(keys[:3]), words) for words, keys in found.items()]
