"""The linear mode: one page, one question, one exercise after the other, as plain text with Enter and words."""

from __future__ import annotations

import random
import re
import secrets
import sys
from typing import TYPE_CHECKING, Literal

from tutor.commands.context import BROKEN, PASSED, Refusal, desk, minutes, short
from tutor.commands.paper import at_rest, indented, reflowed
from tutor.mygpt import so_far
from tutor.prediction import same

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lessons import Fence, Lesson, Page
    from tutor.course import Entry
    from tutor.jobs import Grader

QUESTIONS = 3
"""How many of a lesson's questions a quiz on the way asks."""
Way = Literal["on", "back"]


class Stop(Exception):
    """The learner leaves, by the word or by the end of the input."""


class Walk:
    """Goes through the course from where the learner is. Every step is kept at once."""

    def __init__(self) -> None:
        self._grader: Grader | None = None
        self._skipped: set[str] = set()
        self._told: set[str] = set()

    async def go(self) -> int:
        """Walk until the learner stops or the course is done; returns the exit code. Raises Refusal."""
        from tutor.jobs import GraderError

        print('Enter goes on. Other words are named where they help; "stop" leaves, and nothing is lost.\n')
        try:
            with at_rest():
                while (entry := self._next()) is not None:
                    await self._lesson(entry.lesson)
            print("Nothing is left on this way. gradatim next says how it stands.")
        except Stop:
            print("You can go on at any time: gradatim next --walk")
        except GraderError as error:
            raise Refusal(f"The grader could not be reached: {error}", BROKEN) from None
        finally:
            if self._grader is not None:
                await self._grader.close()
        return PASSED

    def _next(self) -> Entry | None:
        return next((e for e in desk.course.entries() if e.required and e.exercise.id not in self._skipped), None)

    async def grader(self) -> Grader:
        """The warm grader, reached when it is first needed."""
        if self._grader is None:
            from tutor.jobs import Grader

            print("Warming up, a few seconds.", flush=True)
            self._grader = await Grader.connect()
        return self._grader

    # -- lessons ------------------------------------------------------------------------------------

    async def _lesson(self, lesson: Lesson) -> None:
        """The pages from the one that was open last, then what is left of the exercises."""
        read = desk.settings.page(lesson.id)
        number, last = read or 0, len(lesson.pages) - 1
        print(f"Lesson {lesson.id}, {lesson.title}. {last + 1} pages, {minutes(lesson.minutes)}.\n")
        if read == last:
            word = self._ask("You have read it. Enter: its exercises.", again="from its first page")
            number = 0 if word == "again" else last + 1
        while number <= last:
            desk.settings.set_page(lesson.id, number)
            way = await self._page(lesson, number)
            number = max(0, number - 1) if way == "back" else number + 1
        for entry in desk.course.entries(lesson):
            if entry.required and entry.exercise.id not in self._skipped:
                await self._exercise(entry)

    async def _page(self, lesson: Lesson, number: int) -> Way:
        page = lesson.pages[number]
        print(f"Page {number + 1} of {len(lesson.pages)}: {page.title}.\n")
        codes = list(page.codes)
        for block in page.blocks:
            if block.kind == "text":
                print(spoken(block.text) + "\n")
            elif block.fence is not None:
                await self._fence(page, block.fence, codes)
            elif block.kind == "exercise":
                await self._door(block.exercise)
            else:
                await self._quiz(lesson)
        if number == len(lesson.pages) - 1 and (stands := so_far(desk.course, lesson)):
            print(stands + "\n")
        word = self._ask("End of the page. Enter: on.", back="the page before", again="this page once more")
        if word == "again":
            return await self._page(lesson, number)
        return "back" if word == "back" else "on"

    async def _fence(self, page: Page, fence: Fence, codes: list[str]) -> None:
        print("Code:")
        print("\n".join(f"    {line}" for line in fence.code.splitlines()) + "\n")
        guess = ""
        if fence.predict:
            guess = self._read(f"Before it runs: {fence.predict} Write what you expect, or Enter alone.")
        elif self._ask("Enter: run it.", skip="go on without") == "skip":
            return
        source = desk.course.passed(page.own) if page.own else None
        event = await (await self.grader()).fence(codes, fence.index, own=page.own, source=source)
        output, raised = str(event.get("output") or "").rstrip("\n"), event.get("raised")
        if output:
            print("It prints:")
            print("\n".join(f"    {line}" for line in output.splitlines()))
        if raised:
            print(f"It raises: {raised}")
        if not output and not raised:
            print("It prints nothing.")
        if guess:
            print("Just as you said." if same(guess, raised or output) else f"You said: {guess}")
        print()

    async def _quiz(self, lesson: Lesson) -> None:
        from tutor.commands.quiz import ask

        items = desk.course.quiz_items(lesson)
        if not items or self._ask("Enter: a quiz of three questions.", skip="go on without") == "skip":
            return
        known = {answer.item: answer.correct for answer in desk.progress.answers(lesson.id)}
        chosen = sorted(items, key=lambda name: (known.get(name, False), random.random()))[:QUESTIONS]
        for number, item in enumerate(chosen, 1):
            if await ask(await self.grader(), lesson, item, f"{number} of {len(chosen)}") is None:
                break

    # -- exercises ----------------------------------------------------------------------------------

    async def _door(self, exercise_id: str) -> None:
        """Where a page asks for an exercise."""
        try:
            entry = desk.course.find(exercise_id)
        except KeyError:
            return
        if entry.done:
            print(f"Exercise: {entry.exercise.title}. You have passed it.\n")
        elif entry.exercise.locked:
            print(f"Exercise: {entry.exercise.title}. {entry.exercise.locked}\n")
        elif entry.exercise.id not in self._skipped:
            await self._exercise(entry)

    async def _exercise(self, entry: Entry) -> None:
        from tutor.commands.check import grade

        exercise, workspace = entry.exercise, desk.workspace
        print(f"Exercise {entry.name}: {exercise.title}, about {minutes(exercise.minutes)}.\n")
        indented(reflowed(exercise.task) + "\n", 0)
        print()
        path = workspace.file(exercise)
        if not workspace.exists(exercise):
            workspace.give(exercise, await self._questions(entry))
        print(f"Your file: {short(path)}\n")
        words = {
            "read": "print your file", "edit": "open it in your editor", "hint": "the next of three hints",
            "solution": "our answer; a pass afterwards counts as assisted", "skip": "go on without it",
        }  # fmt: skip
        while True:
            word = self._ask("Save your file, then Enter: check it.", **words)
            if word == "read":
                print("\n".join(f"    {line}" for line in workspace.read(exercise).splitlines()))
            elif word == "edit":
                self._edit(entry)
            elif word == "hint":
                level = min(desk.progress.hints(exercise.id) + 1, 3)
                desk.progress.hint_shown(exercise.id, level)
                indented(f"Hint {level} of 3: {exercise.hints[level - 1]}", 0)
            elif word == "solution":
                self._solution(entry)
            elif word == "skip":
                self._skipped.add(exercise.id)
                return
            elif (text := self._text(entry)) is not None:
                report = await grade(await self.grader(), entry, text, path, None, quiet=False)
                if report.passed:
                    print()
                    return
            print()

    async def _questions(self, entry: Entry) -> str | None:
        """The stub of an exercise whose questions are drawn; None for all others."""
        if entry.exercise.kind != "predict":
            return None
        from tutor.grader import SEEDS

        return await (await self.grader()).start_text(entry.exercise.id, secrets.randbelow(SEEDS))

    def _text(self, entry: Entry) -> str | None:
        try:
            return desk.workspace.read(entry.exercise)
        except (OSError, ValueError) as error:
            print(f"Your file cannot be read: {error}")
            return None

    def _edit(self, entry: Entry) -> None:
        from tutor.external import open_editor

        try:
            open_editor(desk.workspace.file(entry.exercise))
        except OSError as error:
            print(f"Your editor did not start: {error}")

    def _solution(self, entry: Entry) -> None:
        if not desk.progress.solution_seen(entry.exercise.id):
            if self._ask("It counts as assisted then. Enter: not yet.", yes="show it") != "yes":
                return
            desk.progress.solution_shown(entry.exercise.id)
        print("\n".join(f"    {line}" for line in entry.exercise.text("answer.py").splitlines()))

    # -- asking -------------------------------------------------------------------------------------

    def _ask(self, question: str, **words: str) -> str:
        """A question that Enter answers, or one of some words; returns the word, or nothing for Enter. Raises Stop."""
        also = "".join(f" {word}: {says}." for word, says in words.items())
        if question in self._told:  # once explained, the words alone will do
            also = f" Or {', '.join(words)}."
        self._told.add(question)
        while True:
            said = self._read(question + also).lower()
            if not said or said in words:
                return said
            print(f"That is none of the words here. {_list(words)}")

    def _read(self, question: str) -> str:
        indented(question, 0)
        sys.stdout.flush()
        line = sys.stdin.readline()
        print()
        if not line or line.strip().lower() in ("stop", "quit", "exit"):
            raise Stop
        return line.strip()


def _list(words: Mapping[str, str]) -> str:
    return f"Enter alone goes on; otherwise {', '.join([*words, 'stop'])}."


def spoken(text: str) -> str:
    """A page's Markdown as one would read it out: no marks of weight, figures announced, tables row by row."""
    parts = re.split(r"^```.*$\n?", text, flags=re.MULTILINE)  # prose and figures in turn
    parts[::2] = map(_prose, parts[::2])
    parts[1::2] = [f"Figure:\n{part}End of the figure.\n" for part in parts[1::2]]
    return "".join(parts).strip("\n")


def _prose(text: str) -> str:
    lines: list[str] = []
    heads: list[str] = []
    for line in text.split("\n"):
        if not line.startswith("|"):
            heads = []
            lines.append(re.sub(r"^#+ ", "", line))
        elif not heads:
            heads = _cells(line)
        elif set(line) - set("|-: "):
            first, *others = _cells(line)
            pairs = zip(heads[1:], others, strict=False)
            lines.append(f"{first}: {'; '.join(f'{head} {cell}' for head, cell in pairs)}")
    return _unweighted("\n".join(lines))


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("| ").split("|")]


def _unweighted(text: str) -> str:
    """Without the stars of bold and italic; those in code stay."""
    parts = text.split("`")
    parts[::2] = [_STARS.sub("", part) for part in parts[::2]]
    return "`".join(parts)


_STARS = re.compile(r"\*\*|(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])")
