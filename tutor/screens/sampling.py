"""A run that writes: a prompt, the text as it comes, and token by token what else was likely."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.geometry import Region
from textual.widgets import Input, Label, Static

from gpt2 import config
from tutor.screens.base import Page
from tutor.widgets.bar import Bar, markup
from tutor.widgets.keys import Keys

BEAT = 0.05
"""Seconds between looks at what has come: a small model writes hundreds of tokens a second."""
FIELDS = ("temperature", "top_k", "top_p", "tokens", "seed")
"""The options that the form shows; every other keeps its default."""
TALL = 32
"""Rows from which ten choices are shown, in place of five."""
BAR = 24
"""Cells of a share of 1."""


STEP = Binding.Group("Token", compact=True)


class Written(VerticalScroll, can_focus=True):
    """The text; these keys would otherwise scroll it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "screen.token(-1)", "Before", id="written.before", tooltip="The token before this", group=STEP),
        Binding("right", "screen.token(1)", "Next", id="written.next", tooltip="The token after this", group=STEP),
        Binding("home", "screen.first", show=False, id="written.first", tooltip="The first token"),
        Binding("end", "screen.newest", show=False, id="written.newest", tooltip="The newest token"),
    ]

    def compose(self) -> ComposeResult:
        yield Static(id="written-text")


class Sampling(Page):
    """One run and its texts."""

    HELP = """\
## A run that writes

Enter, in any field, writes on from the prompt. An empty prompt is the start of a document. The newest checkpoint
writes, also while the run goes on. The arrows step through the tokens: for each you see what the model thought
likely, `▶` marks the one that was drawn, and `drawn` says with what chance the options let it be drawn. Where they
rule a token out, that is `cut`. At temperature 0 the likeliest is always taken. The same seed writes the same text.
"""
    VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL, "-tall")]  # noqa: RUF012 - Textual declares it so
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "another", "Another", id="written.another", tooltip="Another text: the next seed"),
        Binding("s", "stop", "Stop", id="written.stop", tooltip="End the text that is being written"),
        Binding("f2,ctrl+s", "write", "Write", id="sampling.write", tooltip="Write on from the prompt"),
        Binding("down", "app.focus_next", "Next field", show=False),
        Binding("up", "app.focus_previous", "Field before", show=False),
        Binding("escape", "back", "Back", id="sampling.back", tooltip="Back; the model is put away"),
    ]

    def __init__(self, folder: Path) -> None:
        super().__init__(classes="sampling")
        self.folder = folder
        self.sampler: Any = None
        self.prompt = ""
        self.tokens: list[dict[str, Any]] = []
        self.at = 0
        """The token that is looked at."""
        self.follow = True
        """Whether that is the newest."""
        self.state = ""
        self.writing = False
        self._drawn: tuple[Any, ...] = ()

    def where(self) -> str:
        return f"{self.folder.name} writes"

    def compose(self) -> ComposeResult:
        yield Bar(f"[b]Write[/]  {markup(self.folder.name)}")
        with Horizontal(classes="field"):
            yield Label("prompt")
            yield Input(placeholder="what the text begins with", compact=True, id="field-prompt")
        with Horizontal(classes="field"):
            defaults = config.Sampling()
            for name in FIELDS:
                yield Label(name)
                yield Input(str(getattr(defaults, name)), compact=True, id=f"field-{name}")
        yield Static(id="problem")
        yield Written(id="written")
        yield Static(id="choices")
        yield Keys()

    def on_mount(self) -> None:
        self.sampler = self.desk.jobs.Sampler(self.folder)
        self.query_one("#field-prompt").focus()
        self.set_interval(BEAT, self.look)
        self.look()

    async def on_unmount(self) -> None:
        await self.sampler.close()

    # -- writing ------------------------------------------------------------------------------------

    def words(self) -> list[str] | None:
        """The options as NAME=VALUE, if they can be; else says what is wrong and returns None."""
        entered = {name: self.query_one(f"#field-{name}", Input).value.strip() for name in FIELDS}
        given = [f"{name}={value}" for name, value in entered.items() if value]
        try:
            config.sampling(given)
        except ValueError as error:
            self.say(str(error))
            return None
        self.say("")
        return given

    def say(self, problem: str) -> None:
        """Say what is wrong, or with an empty text nothing."""
        self.query_one("#problem", Static).update(Content.from_markup(f"[b]✗[/] {markup(problem)}" if problem else ""))

    @on(Input.Changed)
    def _entered(self) -> None:
        self.words()

    @on(Input.Submitted)
    def action_write(self) -> None:
        words = self.words()
        if words is not None:
            self.query_one(Written).focus()
            self.write(self.query_one("#field-prompt", Input).value, words)

    def action_another(self) -> None:
        """Write once more with the next seed."""
        if self.words() is not None:
            field = self.query_one("#field-seed", Input)
            field.value = str(int(field.value or config.Sampling().seed) + 1)
            self.action_write()

    @work(exclusive=True, group="writing", exit_on_error=False)
    async def write(self, prompt: str, words: list[str]) -> None:
        """Take in the tokens as they come; the screen is drawn by `look`."""
        self.prompt, self.tokens, self.at, self.follow = prompt, [], 0, True
        self.state, self.writing = "loading the model…", True
        self.refresh_bindings()
        count = 10 if self.size.height >= TALL else 5
        try:
            async with contextlib.aclosing(self.sampler.write(prompt, [*words, f"choices={count}"])) as events:
                async for event in events:
                    self.take(event)
        finally:
            self.writing = False
            self.refresh_bindings()

    def take(self, event: dict[str, Any]) -> None:
        """Take in one event."""
        kind = event["event"]
        if kind == "start":
            self.state = f"step {event['step']:,}"
            self.say("; ".join(event["notes"]))
        elif kind == "token":
            self.tokens.append(event)
        elif kind == "error":
            self.state = ""
            self.say(str(event["message"]))
        elif kind == "end":
            if self.tokens:
                self.tokens[-1]["text"] += event["text"]
            if event["notes"]:
                self.say("; ".join(event["notes"]))
            ended = {"stop": "end of text", "stopped": "stopped"}.get(event["reason"], "")
            speed = f"{event['tokens_per_second']:,.0f} tokens/s"
            self.state = " · ".join(word for word in (self.state, speed, ended) if word)

    @work(exit_on_error=False, group="stop")
    async def action_stop(self) -> None:
        await self.sampler.stop()

    # -- stepping -----------------------------------------------------------------------------------

    def action_token(self, by: int) -> None:
        self.at = min(max(self.at + by, 0), max(len(self.tokens) - 1, 0))
        self.follow = self.at == len(self.tokens) - 1
        self.look()

    def action_first(self) -> None:
        self.at, self.follow = 0, False
        self.look()

    def action_newest(self) -> None:
        self.follow = True
        self.look()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("stop", "another") and not isinstance(self.focused, Written):
            return False  # letters are for the fields there
        return not self.why_not(action, parameters) or None

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        if action == "stop" and not self.writing:
            return "Nothing is being written."
        if action == "another" and self.writing:
            return "One text at a time: s stops this one."
        return "There is no text yet: Enter writes one." if action == "another" and not self.tokens else ""

    # -- drawing ------------------------------------------------------------------------------------

    def look(self) -> None:
        """Draw anew if there is news."""
        if self.follow:
            self.at = max(len(self.tokens) - 1, 0)
        news = (id(self.tokens), len(self.tokens), self.at, self.state, self.writing, self.size)
        if not self.is_current or news == self._drawn:
            return
        self._drawn = news
        count = "1 token" if len(self.tokens) == 1 else f"{len(self.tokens):,} tokens" if self.tokens else ""
        sign = "[$success]●[/] " if self.writing else ""
        self.query_one(Bar).right = sign + " · ".join(word for word in (count, self.state) if word)
        self.query_one("#written-text", Static).update(self.text())
        self.query_one("#choices", Static).update(Content.from_markup("\n".join(self.choices())))
        self.call_after_refresh(self.show_token)

    def text(self) -> Content:
        """Prompt and text, the token that is looked at between ‹ and ›."""
        if not self.tokens:
            return Content.from_markup(f"[$foreground-muted]{markup(self.prompt)}[/]")
        before = "".join(one["text"] for one in self.tokens[: self.at])
        after = "".join(one["text"] for one in self.tokens[self.at + 1 :])
        return Content.assemble(
            (self.prompt, "$foreground-muted"), before, (f"‹{self.tokens[self.at]['text']}›", "bold reverse"), after
        )

    def show_token(self) -> None:
        """Scroll to the token that is looked at."""
        written, text = self.query_one(Written), self.query_one("#written-text", Static)
        if self.tokens and text.size.width:
            before = self.prompt + "".join(one["text"] for one in self.tokens[: self.at + 1])
            row = len(Content(before).wrap(text.size.width)) - 1
            written.scroll_to_region(Region(0, row, 1, 1), animate=False, force=True)

    def choices(self) -> Iterator[str]:
        """The token that is looked at, and below it what was likely, a line each."""
        if not self.tokens:
            yield "[$foreground-muted]What was likely, token by token, stands here once something is written.[/]"
            return
        one = self.tokens[self.at]
        yield (
            f"[$foreground-muted]token[/] [b]{self.at + 1}[/] of {len(self.tokens)}   "
            f"[b]{markup(quoted(one['token']))}[/]   [$foreground-muted]ranked {one['rank']:,} by the model[/]"
        )
        for rank, choice in enumerate(one["top"], 1):
            yield line(rank, choice, choice["id"] == one["id"])
        if one["rank"] > len(one["top"]):
            yield line(one["rank"], one, True)


def line(rank: int, choice: dict[str, Any], drawn: bool) -> str:
    """One choice: its rank, the token, what the model gives it as number and bar, and the chance it was drawn with."""
    token = quoted(choice["token"])
    token = token if len(token) <= 18 else token[:16] + "…›"
    halves = round(choice["share"] * BAR * 2)
    bar = "█" * (halves // 2) + "▌" * (halves % 2)
    chance = f"drawn {choice['drawn']:6.1%}" if choice["drawn"] else "cut"
    row = f"{'▶' if drawn else ' '} {rank:>5} {token:<18} {choice['share']:>6.1%} {bar:<{BAR}} {chance}"
    return f"[b $text-accent]{markup(row)}[/]" if drawn else markup(row)


def quoted(token: str) -> str:
    """A token between marks, with what is not to be seen written out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in f"‹{token}›")
