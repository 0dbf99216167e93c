"""The reader: one page of a lesson at a time, with code that runs where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Markdown, Static, TextArea

from lessons import Block, Lesson
from tutor import plates
from tutor.mygpt import so_far
from tutor.screens.base import Page
from tutor.screens.telling import tell
from tutor.widgets.bar import Bar, markup, minutes
from tutor.widgets.fence import FenceBlock, Trial
from tutor.widgets.keys import Keys
from tutor.widgets.prose import plain
from tutor.widgets.prose_keys import with_keys
from tutor.widgets.signs import standing

TURN = Binding.Group("Page", compact=True)
TOP = 3
"""Parts of a page that are painted first, the title among them."""


class PageScroll(VerticalScroll, can_focus=True, inherit_bindings=False):
    """The page itself; left and right are free for turning it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "Up", show=False),
        Binding("down,j", "scroll_down", "Down", show=False),
        Binding("pageup,b", "page_up", "Page up", show=False),
        Binding("pagedown", "page_down", "Page down", show=False),
        Binding("home", "scroll_home", "Top", show=False),
        Binding("end", "scroll_end", "Bottom", show=False),
    ]


class Card(Static, can_focus=True):
    """A door to an exercise or the quiz."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "open", "Open", id="card.open")]

    @dataclass
    class Opened(Message):
        block: Block

    def __init__(self, block: Block, words: str) -> None:
        super().__init__(Content.from_markup(words), classes="card")
        self.block = block

    def action_open(self) -> None:
        self.post_message(self.Opened(self.block))

    def on_click(self) -> None:
        self.action_open()


class Reader(Page):
    """A lesson, page by page."""

    HELP = """\
## The reader

← and → turn the pages; ↑ ↓ and Space scroll. `{reader.run|r}` runs the next piece of code on the page;
{reader.focus|Tab} goes from one to the next. `{reader.next|n}` goes on to the next exercise, {reader.back|Esc} back
to the map. The page you left is the page you return to.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "turn(1)", "Turn on", id="reader.forward", tooltip="The next page", group=TURN),
        Binding("left", "turn(-1)", "Turn back", id="reader.backward", tooltip="The page before", group=TURN),
        Binding("space", "onward", "Scroll on", show=False, id="reader.onward"),
        Binding("r", "run_next", "Run", id="reader.run", tooltip="Run the next code on this page"),
        Binding("tab", "app.focus_next", "To the next code or link", show=False, id="reader.focus"),
        Binding("q", "quiz", "Quiz", id="reader.quiz", tooltip="Questions with fresh numbers"),
        Binding("n", "next", "Next", id="reader.next", tooltip="Go on to the next exercise"),
        Binding("escape", "back", "Map", id="reader.back", tooltip="Back to the map"),
        Binding("question_mark", "app.help", "Help", show=False, id="reader.help", tooltip="What can be done here"),
    ]

    def __init__(self, lesson: Lesson, page: int | None = None) -> None:
        super().__init__(classes="reader")
        self.lesson = lesson
        self.wanted = page
        self.number = 0
        self._trials: dict[int, list[Trial]] = {}
        self._below: list[Widget] = []

    def where(self) -> str:
        return self.lesson.title

    def compose(self) -> ComposeResult:
        yield Bar(f"[$foreground-muted]{self.lesson.id}[/]  [b]{markup(self.lesson.title)}[/]")
        yield PageScroll(id="page")
        yield Keys()

    async def on_mount(self) -> None:
        last = self.desk.settings.page(self.lesson.id) or 0
        await self._show(self.wanted if self.wanted is not None else last)

    # -- pages --------------------------------------------------------------------------------------

    async def _show(self, number: int) -> None:
        self.number = min(max(number, 0), len(self.lesson.pages) - 1)
        self.desk.settings.set_page(self.lesson.id, self.number)
        page = self.lesson.pages[self.number]
        trials = self._trials.setdefault(self.number, [Trial(fence) for fence in page.fences])
        total = len(self.lesson.pages)
        trail = "".join("●" if i == self.number else "○" for i in range(total))
        self.query_one(Bar).right = f"[$primary]{trail}[/]  page {self.number + 1} of {total}"
        scroll = self.query_one("#page", PageScroll)
        parts: list[Widget] = [Static(f"[b $text-primary]{markup(page.title)}[/]", classes="page-title")]
        parts += [self._part(block, trials) for block in page.blocks]
        if self.number == total - 1:
            words = "That was the last page of this lesson. [$text-accent]{reader.next|n}[/] goes on."
            words = with_keys(words, self.app, markup)
            if stands := so_far(self.desk.course, self.lesson):
                words = f"{markup(stands)}\n\n{words}"
            parts.append(Static(words, classes="page-end"))
        with self.app.batch_update():
            await scroll.remove_children()
            await scroll.mount_all(parts[:TOP])
        self._below = parts[TOP:]
        scroll.scroll_home(animate=False)
        scroll.focus()
        self.refresh_bindings()
        self.call_after_refresh(self._show_below)

    async def _show_below(self) -> None:
        """The rest of the page, once its top has been painted: what answers the key should not wait for it."""
        if self._below:
            with self.app.batch_update():
                await self.query_one("#page", PageScroll).mount_all(self._below)
            self._below = []

    def _part(self, block: Block, trials: list[Trial]) -> Widget:
        if block.kind == "fence" and block.fence is not None:
            return FenceBlock(trials[block.fence.index])
        if block.kind == "exercise":
            return Card(block, self._exercise_words(block))
        if block.kind == "quiz":
            return Card(
                block,
                with_keys(
                    "[b $text-accent]?  Quiz[/]   questions with fresh numbers   "
                    "[$foreground-muted]{card.open|Enter} or {reader.quiz|q}[/]",
                    self.app,
                    markup,
                ),
            )
        if (words := plain(block.text)) is not None:
            return Static(words, classes="page-text")
        return Markdown(block.text, open_links=False)

    def _exercise_words(self, block: Block) -> str:
        try:
            entry = self.desk.course.find(block.exercise)
        except KeyError:
            return f"{markup(block.text)}   [$foreground-muted]not here yet[/]"
        sign = standing(entry.shown)
        return (
            f"[b $text-primary]✎  {markup(entry.exercise.title)}[/]   {sign}"
            f"   [$foreground-muted]{minutes(entry.exercise.minutes)} · Enter opens[/]"
        )

    def action_turn(self, step: int) -> None:
        target = self.number + step
        if 0 <= target < len(self.lesson.pages):
            self.call_later(self._show, target)  # the key may come from a part that goes with the page

    def action_onward(self) -> None:
        """Scroll on; at the end of a page, turn it."""
        scroll = self.query_one("#page", PageScroll)
        if scroll.scroll_offset.y >= scroll.max_scroll_y:
            self.action_turn(1)
        else:
            scroll.scroll_page_down()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        typing = isinstance(self.focused, (Input, TextArea))
        if action in ("turn", "quiz", "next", "run_next", "onward"):
            if typing:
                return False
            if action == "turn":
                return 0 <= self.number + int(str(parameters[0])) < len(self.lesson.pages) or None
            if action == "run_next":
                return bool(self.lesson.pages[self.number].fences) or None
        return True

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        if action == "turn":
            last = int(str(parameters[0])) > 0
            return "This is the last page; {reader.next|n} goes on." if last else "This is the first page."
        return "There is no code on this page." if action == "run_next" else ""

    # -- code ---------------------------------------------------------------------------------------

    def action_run_next(self) -> None:
        """Run the code that comes next on this page."""
        self._run_next_of(self.number)

    def _run_next_of(self, number: int) -> None:
        """As long as this is still the page that is open."""
        if self._below:
            self.call_after_refresh(self._run_next_of, number)  # it may be below the top, which alone is painted yet
            return
        blocks = list(self.query(FenceBlock))
        if number != self.number or not blocks:
            return
        here = next((i for i, block in enumerate(blocks) if block.has_focus), 0)
        ahead = [block for block in blocks[here:] + blocks[:here] if not block.trial.ran]
        chosen = ahead[0] if ahead else blocks[here]
        chosen.focus()
        chosen.action_run()

    @on(FenceBlock.Run)
    def _run(self, event: FenceBlock.Run) -> None:
        if self.desk.grader.state != "ready":
            event.block.running("warming up torch… (once, about three seconds)")
        self._run_fence(event.block)

    @work(exit_on_error=False, group="fence")
    async def _run_fence(self, block: FenceBlock) -> None:
        trial = block.trial
        number = next(n for n, trials in self._trials.items() if any(one is trial for one in trials))
        codes = [one.code for one in self._trials[number]]  # the page may have been turned since
        index = trial.fence.index
        codes[index] = trial.fence.code
        trial.problem = ""
        try:
            grader = await self.desk.grader()
            block.running("running…")
            own = self.lesson.pages[number].own
            source = self.desk.course.passed(own) if own else None
            event = await grader.fence(codes, index, trial.code if trial.edited else None, own, source)
            trial.output, trial.raised = str(event.get("output") or ""), event.get("raised")
            trial.plates = plates.read(event.get("plates"), trial.output.count("\n"))
            trial.seconds = float(event.get("seconds") or 0.0)
        except Exception as error:
            trial.problem = str(error) or type(error).__name__
        trial.ran = True
        block.finished()

    # -- doors --------------------------------------------------------------------------------------

    @on(Card.Opened)
    def _open(self, event: Card.Opened) -> None:
        if event.block.kind == "quiz":
            self.action_quiz()
            return
        try:
            self.desk.go(self.desk.going.open_exercise, self.desk.course.find(event.block.exercise))
        except KeyError as error:
            tell(self.desk, "This exercise is not here yet", str(error.args[0]))

    def action_quiz(self) -> None:
        self.desk.go(self.desk.going.open_quiz, self.lesson)

    def action_next(self) -> None:
        """The first exercise of this lesson that is not done, else whatever comes next."""
        for entry in self.desk.course.entries(self.lesson):
            if not entry.done:
                self.desk.go(self.desk.going.open_exercise, entry)
                return
        self.desk.go(self.desk.going.next)

    def on_screen_resume(self) -> None:
        for card in self.query(Card):
            if card.block.kind == "exercise":
                card.update(Content.from_markup(self._exercise_words(card.block)))
        for block in self.query(FenceBlock):
            if block.trial.plates:
                block.draw()  # the settings may have changed
