"""The file side of the workbench: opening, saving, unsaved text, and other programs that write the same file."""

from __future__ import annotations

import asyncio
import contextlib

from textual import on, work
from textual.app import SuspendNotSupported
from textual.timer import Timer
from textual.widgets import TextArea

from exercises import Exercise
from tutor import trouble
from tutor.database import ProgressError
from tutor.screens.base import Dialog, Page
from tutor.screens.buffer import Buffer
from tutor.screens.telling import tell
from tutor.widgets.bar import markup
from tutor.widgets.code import CodePane
from tutor.workspace import Workspace

DRAFT_SECONDS = 0.4
"""What is typed is on disk so much later, at most."""
WATCH_SECONDS = 0.5
GRACE_SECONDS = 0.8
"""A question that nobody asked for takes no answer so early: the key was meant for the editor."""


class FileBench(Page):
    """A screen that holds one file of the learner's open. Subclasses say what opening and checking mean."""

    def __init__(self, exercise: Exercise) -> None:
        super().__init__(classes="bench")
        self.exercise = exercise
        self.kept_as = exercise.id
        """Under what name texts that go are kept in the history."""
        self.code = CodePane(id="code")
        self.buffer: Buffer | None = None
        self._draft_timer: Timer | None = None
        self._asking = False
        self._disk = asyncio.Lock()  # one after the other, in the order in which they were asked for
        self._looking = False
        self._noted: str | None = None
        """The text that the present note was made for."""
        self._told = ""
        """Why the file cannot be saved, as last told in full."""
        self._deleted: str | None = None
        """What the file held when somebody deleted it."""
        self._others = False
        """Whether another window has unsaved text of the same file."""

    def action_check(self) -> None:
        """Save and check."""
        raise NotImplementedError

    def opened(self) -> None:
        """The text is in the editor."""

    def stub(self) -> str | None:
        """What a new file begins with; None for the exercise's own stub."""
        return None

    def shelf(self) -> Workspace:
        """Where the file is."""
        return self.desk.workspace

    # -- opening ------------------------------------------------------------------------------------

    def open_file(self) -> None:
        """At once, so that the first frame has the text in it; only questions must be waited for."""
        buffer = Buffer(self.shelf(), self.exercise)
        if self.exercise.kind == "predict" and not buffer.path.exists():
            self._draw_and_open(buffer)
        else:
            self._open(buffer, self.stub() if not buffer.path.exists() else None)

    @work(exit_on_error=False, group="open")
    async def _draw_and_open(self, buffer: Buffer) -> None:
        try:
            stub = await self.draw_questions()
        except Exception as error:
            tell(self.desk, "Your file cannot be opened", str(error))
        else:
            self._open(buffer, stub)

    def _open(self, buffer: Buffer, stub: str | None) -> None:
        try:
            opened = buffer.open(stub)
        except Exception as error:
            tell(self.desk, "Your file cannot be opened", str(error))
            return
        remembered = self.desk.unsaved.get(buffer.path)
        self.code.editor.load_text(opened.text if remembered is None else remembered)
        self._go_to_work()
        self.buffer = buffer
        if opened.rival is not None:
            self._choose(opened.text, opened.rival)
        elif opened.restored and buffer.known:
            self._put_by(buffer.known, "unsaved text restored")
        self.note("unsaved text restored" if opened.restored or remembered is not None else None)
        if opened.refused:
            self._not_saved(opened.refused)
        self.code.editor.focus()
        self.opened()
        self.set_interval(WATCH_SECONDS, self._watch_file)
        self._take_over(buffer)

    @work(exit_on_error=False, group="open")
    async def _take_over(self, buffer: Buffer) -> None:
        async with self._disk:
            await asyncio.to_thread(self._take_up, buffer)

    def _take_up(self, buffer: Buffer) -> None:
        """Make what another window left unsaved one's own, and keep all of it in the history; only then it goes."""
        with contextlib.suppress(OSError):
            buffer.keep(self.code.editor.text)
        for draft, text in buffer.others():
            try:
                if text not in [kept.source for kept in self.desk.progress.snapshots(self.kept_as)]:
                    self.desk.progress.snapshot(self.kept_as, text, "unsaved in another window")
            except ProgressError:
                continue
            buffer.drop(draft)

    def _go_to_work(self) -> None:
        """Put the cursor where there is something to do, if the file says so."""
        for row, line in enumerate(self.code.editor.document.lines):
            if "TODO" in line:
                self.code.show_row(row, len(line) - len(line.lstrip()))
                return

    async def draw_questions(self) -> str | None:
        """The stub of an exercise whose questions are drawn; None for all others."""
        if self.exercise.kind != "predict":
            return None
        import secrets

        self.code.note = "drawing your questions…"
        return str(await (await self.desk.grader()).start_text(self.exercise.id, secrets.randbelow(2**31)))

    # -- changes ------------------------------------------------------------------------------------

    @on(TextArea.Changed)
    def _edited(self) -> None:
        if self.buffer is None or self.code.editor.text == self._noted:
            return
        self.note(None)
        if self._draft_timer is None:  # also while the typing never pauses
            self._draft_timer = self.set_timer(DRAFT_SECONDS, self._write_draft)

    async def save(self, text: str) -> None:
        """Write the file; what somebody else wrote there meanwhile goes into the history. Raises OSError."""
        async with self._disk:
            await asyncio.to_thread(self._write, text)

    def _write(self, text: str) -> None:
        assert self.buffer is not None
        try:
            other = self.buffer.save(text)
        except OSError:
            with contextlib.suppress(OSError):
                self._write_beside(text)
            raise
        self.desk.unsaved.pop(self.buffer.path, None)
        if other is not None:  # written elsewhere within the last half second
            self._put_by(other, "overwritten here")

    def _write_beside(self, text: str) -> None:
        """Keep unsaved text beside the file. Raises OSError; the app then remembers it."""
        assert self.buffer is not None
        try:
            self.buffer.keep(text)
        except OSError:
            self.desk.unsaved[self.buffer.path] = text
            raise
        self.desk.unsaved.pop(self.buffer.path, None)

    def _put_by(self, text: str, reason: str) -> None:
        """Put a text into the history; if that can only remember it now, the progress file says so itself."""
        with contextlib.suppress(ProgressError):
            self.desk.progress.snapshot(self.kept_as, text, reason)

    def _not_saved(self, why: str) -> None:
        """Say that the file cannot be written: in full at first, later in the line of status alone."""
        self.note(f"[$text-error]not saved: {markup(why)}[/]")
        if why != self._told and self.buffer is not None:
            self._told = why
            tell(
                self.desk,
                "Your file cannot be saved",
                f"{why[:1].upper()}{why[1:]}: {self.buffer.path}\n\nYou can go on, and check. Your text is remembered "
                "as long as Gradatim is open, and saved as soon as that can be done.",
            )

    @work(group="draft", exit_on_error=False)
    async def _write_draft(self) -> None:
        self._draft_timer = None
        if self.buffer is None:
            return
        try:
            async with self._disk:  # the text is read only now: what is newer than a save stays newer
                await asyncio.to_thread(self._write_beside, self.code.editor.text)
        except OSError as error:
            self.code.note = f"[$text-error]cannot keep unsaved text: {markup(trouble.why(error))}[/]"

    def note(self, words: str | None) -> None:
        """Say how the text stands; words of one's own stay until the text changes."""
        assert self.buffer is not None
        clean = self.code.editor.text == self.buffer.known
        self._noted = self.code.editor.text if words else None
        stands = "saved" if clean else "● unsaved"
        self.code.note = words or (f"{stands} · another window has unsaved text" if self._others else stands)

    def keep(self) -> None:
        """Save what is unsaved; if somebody else has written the file meanwhile, keep it beside."""
        if self.buffer is None:
            return
        text = self.code.editor.text
        self._look_for_deletion()
        with contextlib.suppress(OSError):
            if text == self.buffer.known or self.buffer.overtaken():
                self._write_beside(text)
            else:
                self._write(text)

    def _look_for_deletion(self) -> None:
        """A file that somebody has deleted does not come back by itself; its text is kept in the history."""
        if self.buffer is None or self.buffer.gone == (self._deleted is not None):
            return
        self._deleted = self.buffer.known if self.buffer.gone else None
        if self._deleted is not None:
            self._put_by(self._deleted, "the file was deleted")
            self.note("[$text-warning]your file was deleted: saving makes it anew[/]")
        else:
            self.note(None)

    def on_unmount(self) -> None:
        self.keep()

    def _watch_file(self) -> None:
        """Look at the file, unless that is just being done: a change is told only once."""
        if self.buffer is not None and not self._looking and not self._asking and self.is_current:
            self._looking = True
            self._look_at_file(self.buffer)

    @work(group="watch", exit_on_error=False)
    async def _look_at_file(self, buffer: Buffer) -> None:
        try:
            async with self._disk:
                before = buffer.known
                text, others = await asyncio.to_thread(lambda: (buffer.changed(), buffer.others()))
        finally:
            self._looking = False
        self._mind_others(buffer, bool(others))
        self._look_for_deletion()
        if text is not None:
            self._changed_outside(text, before)

    def _mind_others(self, buffer: Buffer, others: bool) -> None:
        """Another window that opens the file takes up what is unsaved here: then that is written anew."""
        unsaved = self.code.editor.text != buffer.known and buffer.path not in self.desk.unsaved
        if unsaved and self._draft_timer is None and not buffer.draft.exists():
            self._write_draft()
        if others != self._others:
            self._others = others
            if self._noted is None:  # else it has something else to say, until the next change
                self.note(None)

    def _changed_outside(self, text: str, before: str | None) -> None:
        mine = self.code.editor.text
        if mine == text:
            self.note("saved")
        elif mine == before:
            self.code.editor.replace_all(text)
            self.note("reloaded: saved elsewhere")
            self.action_check()
        else:
            self._choose(mine, text)

    @work(exit_on_error=False, group="choose")
    async def _choose(self, mine: str, theirs: str) -> None:
        """Both have changed: ask, and keep the other text in the history."""
        self._asking = True
        answer = await self.app.push_screen_wait(
            Dialog(
                "Your file has changed elsewhere",
                "It was saved by another program while there is unsaved text here. Which one shall stay? "
                "The other is kept in the history ({panel.history|y} in the panel).",
                [("h", "the text here"), ("f", "the file")],
                grace=GRACE_SECONDS,
            )
        )
        kept, dropped = (theirs, mine) if answer == "f" else (mine, theirs)
        await asyncio.to_thread(self._put_by, dropped, "changed elsewhere")
        assert self.buffer is not None
        if kept is theirs:
            self.code.editor.replace_all(theirs)
        self._asking = False
        self.note(None)
        self._write_draft()

    def action_external_in_turn(self) -> None:
        """Behind the keys that were pressed before: a priority key overtakes them."""
        self.code.editor.call_later(self.action_external)

    def action_external(self) -> None:
        """Hand the terminal to the learner's own editor."""
        if self.buffer is None:
            return
        self.keep()
        if self.buffer.gone:
            with contextlib.suppress(OSError):
                self._write(self.code.editor.text)
        try:
            self.desk.open_editor(self.buffer.path)
        except SuspendNotSupported:
            tell(
                self.desk,
                "No other editor here",
                f"This terminal cannot be handed over. Your file is\n{self.buffer.path}",
            )
        except OSError as error:
            tell(self.desk, "Your editor did not start", str(error))
        else:
            self._watch_file()
