"""The map: all lessons and exercises, what is done, and what comes next."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import TYPE_CHECKING, ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.geometry import Region, Size
from textual.widgets import Static
from textual.widgets.option_list import Option

from lessons import Lesson
from tutor.course import Entry, minutes_left, totals
from tutor.screens.base import Page
from tutor.widgets.bar import Bar, markup, minutes, progress_line, spread
from tutor.widgets.keys import Keys
from tutor.widgets.listing import Listing
from tutor.widgets.prose import flow, inline
from tutor.widgets.prose_keys import with_keys
from tutor.widgets.signs import WIDTH, dots, standing

if TYPE_CHECKING:
    from tutor.review import Card

Row = Lesson | Entry
NARROW = 44
"""Columns up to which a status is its sign alone: titles need the room, and help says what the signs mean."""
ASIDE = 44
"""Columns beside the list in a wide window (gradatim.tcss)."""
LEAST = 10
"""Columns of a row at least; in fewer it is cut off."""
MUTED = "$foreground-muted"


class Home(Page):
    """The first screen."""

    HELP = """\
## The map

↑ ↓ choose, Enter opens a lesson or an exercise, `{home.next|n}` goes on where the course goes on. Ctrl+P finds
anything by name. Every check you make is kept; signs: ▸ comes next · ✓ passed · ✦ mastered: passed unaided, and built
again on another day or all its known mistakes told apart · ◐ passed after the solution was shown · ✎ tried · ↻ passed,
but the exercise has changed since · ◇ open, not required: its lesson was tested out. When something is due again,
`{home.review|v}` begins a round. {home.read_on|Space} scrolls what is said of your choice. `{home.place|p}` tests
where to begin, if you know some of this already.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "next", "Next", id="home.next", tooltip="Go on with the course"),
        Binding("v", "review", "Review", id="home.review", tooltip="Questions and exercises that are due again"),
        Binding("p", "place", "Placement", id="home.place", tooltip="Where to begin, if you know some of this"),
        Binding("t", "app.training", "Training", id="home.training", tooltip="Start a run, watch a run"),
        Binding(
            "space", "read_on", "Read on", show=False, id="home.read_on", tooltip="Scroll what is said of the choice"
        ),
        Binding("comma", "settings", "Settings", show=False, id="home.settings", tooltip="Colors, keys, motion, signs"),
        Binding("question_mark", "app.help", "Help", show=False, id="home.help", tooltip="What can be done here"),
        Binding("q", "app.quit", "Quit", id="home.quit", tooltip="Close Gradatim; nothing is lost"),
    ]
    WHERE = ""

    def __init__(self) -> None:
        super().__init__(classes="home")
        self._rows: list[Row] = []
        self._entries: list[Entry] = []
        """The rows that are no lessons."""
        self._hashed = False
        """Whether the rows say what has changed since it was passed; the first frame does not wait for that."""
        self._next: str | None = None
        self._due: list[Card] = []
        self._tested: Collection[str] = ()
        self._drawn: object = None
        """What the list was made from; making it anew takes as long as all the rest of a frame."""
        self._shown: dict[str, str] = {}
        """What the texts say, by their ids; saying the same again would lay out the screen again."""
        self._fits: tuple[Size, int] | None = None
        """The size that the screen had when it was drawn, and the columns of its rows."""

    @property
    def quiet(self) -> tuple[str, ...]:
        """The test is offered in words where it may be wanted; later its place in the line of keys is for others."""
        return () if self.has_class("first") else ("home.place",)

    def compose(self) -> ComposeResult:
        yield Bar("[b]Gradatim[/]  [$foreground-muted]step by step[/]", "[$foreground-muted]Ctrl+P finds anything[/]")
        yield Static(id="welcome")
        yield Static(id="progress")
        with Container(id="home"):
            yield Listing(id="map")
            with VerticalScroll(id="about", can_focus=False):
                yield Static(id="about-text")
        yield Keys()

    def on_mount(self) -> None:
        self.query_one("#welcome").display = False
        self.query_one("#map", Listing).focus()

    def on_screen_resume(self) -> None:
        if self._rows:
            self.call_after_refresh(self._read)  # the key that led back does not wait for it
        else:
            self._read()
        self.call_after_refresh(self._look_closer)

    def on_resize(self, event: events.Resize) -> None:
        # Textual tells of each size more than once.
        if self._fits != (self.size, self._room(self.query_one("#map", Listing))):
            self._draw()

    @work(thread=True, exclusive=True, group="due", exit_on_error=False)
    def _look_closer(self) -> None:
        """Find what is due again and what has changed, once the map is drawn."""
        from tutor import review

        found = review.due(self.desk.course, self.desk.progress)
        changed = not self._hashed and any(entry.stale for entry in self.desk.course.entries())
        self.app.call_from_thread(self._looked, found, changed)

    def _looked(self, found: list[Card], changed: bool) -> None:
        self._due, self._hashed = found, True
        if changed:
            self._read()
        elif self._rows:
            self._draw_progress()
        self.refresh_bindings()

    # -- what is due again --------------------------------------------------------------------------

    def action_review(self) -> None:
        from tutor.review import round_of
        from tutor.screens.review import Review

        self.desk.go(self.desk.going.open_page, Review(round_of(self._due)))

    def action_read_on(self) -> None:
        """Scroll what is said of the choice where it has more rows than there are; from its end to its beginning."""
        about = self.query_one("#about", VerticalScroll)
        if about.scroll_offset.y >= about.max_scroll_y:
            about.scroll_home(animate=False)
        else:
            about.scroll_page_down(animate=False)

    def action_settings(self) -> None:
        self.desk.go(self.desk.going.open_settings)

    def action_place(self) -> None:
        self.desk.go(self.desk.going.open_placement)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not self.why_not(action, parameters) or None

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        if action == "review" and not self._due:
            return "Nothing is due again yet. What you answer and pass comes back here, first after a few days."
        return ""

    # -- what there is ------------------------------------------------------------------------------

    def _read(self) -> None:
        """Ask the course how it stands, and keep the choice where it was."""
        course = self.desk.course
        tested = course.tested_out()
        first = not self._rows or tested != self._tested
        self._entries, self._tested = course.entries(hashed=self._hashed), tested
        self._rows = []
        for lesson in course.lessons():
            self._rows += [lesson, *(entry for entry in self._entries if entry.lesson.id == lesson.id)]
        coming = next((entry for entry in self._entries if entry.required), None)
        self._next = coming.exercise.id if coming else None
        if first and coming is not None:
            self._draw(next(i for i, row in enumerate(self._rows) if _is(row, self._next)))
        else:
            self._draw()

    def _draw(self, choice: int | None = None) -> None:
        if not self._rows:
            return
        options = self.query_one("#map", Listing)
        choice = options.highlighted if choice is None else choice
        self._fits = self.size, self._room(options)
        width = max(LEAST, self._fits[1] - 2)
        wanted = (width, self._next, self._tested, self._rows)
        with self.app.batch_update():
            if wanted != self._drawn:
                self._drawn = wanted
                options.clear_options()
                options.add_options([Option(self._line(row, width)) for row in self._rows])
            options.highlighted = min(choice or 0, len(self._rows) - 1)
        self._draw_progress()
        self._draw_about()

    def _room(self, options: Listing) -> int:
        """Columns of a row, those of the first layout foreseen: so the first frame is whole, and the list made once."""
        region = options.scrollable_content_region
        if not region:
            wide = self.has_class("-wide")
            region = Region(0, 0, self.size.width - (ASIDE if wide else 0) - 2, self.size.height)
        return region.width - (len(self._rows) > region.height and not options.show_vertical_scrollbar)

    def _line(self, row: Row, width: int) -> Content:
        if isinstance(row, Lesson):
            said = f"{row.track} · {minutes(row.minutes)}" if width > 56 else minutes(row.minutes)
            right = Content.styled(said, MUTED)
            if row.id in self._tested:
                right = Content.assemble(_sign("tested"), (f" · {minutes(row.minutes)}", MUTED))
            return spread(Content.assemble((row.id, MUTED), "  ", (row.title, "b $text-primary")), right, width)
        mark = "▸" if _is(row, self._next) else " "
        said = f"{dots(row.exercise.difficulty)} {minutes(row.exercise.minutes):>9}" if width > 56 else ""
        left = Content.assemble(
            "  ", (mark, "$accent"), "  ", _sign(row.shown, WIDTH if width > NARROW else 1), "  ", row.exercise.title
        )
        return spread(left, Content.styled(said, MUTED), width)

    def _draw_progress(self) -> None:
        (done, total), left = totals(self._entries), minutes_left(self._entries)
        tested = f" · {len(self._tested)} lessons tested out" if len(self._tested) > 1 and self.size.width > 90 else ""
        words = f"{done} of {total} exercises done{tested} · about {minutes(left)} left"
        if not total:
            words = "no exercises here"
        if total and done == total:
            words = f"all {total} exercises done"
        if self.size.width <= NARROW:
            words = f"{done} of {total} done"
        if self._due:
            words = f"{len(self._due)} to review · {words}"
        bar = progress_line(done, total, self.size.width - len(words) - 6)
        self._say("progress", f"{bar}  {words}")
        self.query_one("#welcome").display = first_time = (
            not self.desk.settings.get("pages")
            and not self._tested
            and all(entry.status == "new" for entry in self._entries)
        )
        self.set_class(first_time, "first")
        if first_time:
            self._say(
                "welcome",
                with_keys(
                    "[b]Welcome.[/] From a first tensor to a GPT-2 that you wrote and trained yourself, step by "
                    "step. Each lesson is a few pages of code that runs where it stands; each exercise is a plain "
                    "file, checked in a blink. [b $text-accent]{home.next|n}[/] begins, "
                    "[b $text-accent]{app.help|F1}[/] explains; [b $text-accent]{home.place|p}[/] finds out where "
                    "to begin, if you know some of this already.",
                    self.app,
                    markup,
                ),
            )

    def _say(self, name: str, text: str) -> None:
        if self._shown.get(name) != text:
            self._shown[name] = text
            self.query_one(f"#{name}", Static).update(Content.from_markup(text))

    # -- what is chosen -----------------------------------------------------------------------------

    @property
    def chosen(self) -> Row | None:
        index = self.query_one("#map", Listing).highlighted
        return self._rows[index] if index is not None and index < len(self._rows) else None

    def on_option_list_option_highlighted(self) -> None:
        self._draw_about()

    def _draw_about(self) -> None:
        row = self.chosen
        text = "" if row is None else self._about_lesson(row) if isinstance(row, Lesson) else self._about_exercise(row)
        if text != self._shown.get("about-text"):
            self._say("about-text", text)
            self.query_one("#about").scroll_home(animate=False)

    def _about_lesson(self, lesson: Lesson) -> str:
        page = self.desk.settings.page(lesson.id)
        read = f"page {page + 1} of {len(lesson.pages)} read last" if page is not None else f"{len(lesson.pages)} pages"
        needs = f" · after {', '.join(map(self._needed, lesson.needs))}" if lesson.needs else ""
        needs += " · tested out: open, not required" if lesson.id in self._tested else ""
        pages = "\n".join(f"[$foreground-muted]{i:>2}[/]  {inline(p.title)}" for i, p in enumerate(lesson.pages, 1))
        return f"[b $text-primary]{markup(lesson.title)}[/]\n[$foreground-muted]{read}{needs}[/]\n\n{pages}"

    def _needed(self, lesson_id: str) -> str:
        """A lesson that another one builds on, with a sign where nothing of it is left to do."""
        rows = [entry for entry in self._entries if entry.lesson.id == lesson_id]
        return lesson_id if any(row.required for row in rows) or not rows else f"{standing('passed', 1)} {lesson_id}"

    def _about_exercise(self, entry: Entry) -> str:
        exercise = entry.exercise
        kind = f"{exercise.kind} · difficulty {dots(exercise.difficulty)} · {minutes(exercise.minutes)}"
        text = f"[b $text-primary]{markup(exercise.title)}[/]\n[$foreground-muted]{markup(kind)}[/]\n"
        if needs := [one for one in self._entries if one.exercise.id in exercise.needs]:
            titles = " · ".join(f"{standing(row.shown, 1)} {markup(row.exercise.title)}" for row in needs)
            text += f"[$foreground-muted]builds on[/] {titles}\n"
        text += "\n" + inline(flow(exercise.task))
        if exercise.slot:
            text += f"\n\n[$text-secondary]★[/] becomes the {markup(exercise.slot)} of your GPT-2"
        if self.desk.workspace.exists(exercise):
            place = self.desk.workspace.file(exercise).relative_to(self.desk.workspace.home.parent)
            text += f"\n\n[$foreground-muted]your file: {markup(place.as_posix())}[/]"
        return text

    def on_option_list_option_selected(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        row = self.chosen
        if isinstance(row, Lesson):
            self.desk.go(self.desk.going.open_lesson, row)
        elif row is not None:
            self.desk.go(self.desk.going.open_exercise, row)

    def action_next(self) -> None:
        self.desk.go(self.desk.going.next)


@cache
def _sign(shown: str, width: int = 0) -> Content:
    return Content.from_markup(standing(shown, width))


def _is(row: Row, exercise_id: str | None) -> bool:
    return isinstance(row, Entry) and row.exercise.id == exercise_id
