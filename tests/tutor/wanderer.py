"""A learner who presses anything: random keys over the real app, and a ledger of what was written with them."""

from __future__ import annotations

import asyncio
import random
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from textual import events
from textual.geometry import Size
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, TextArea

from tests.tutor.fakes import ANSWER, NAIVE, FakeProgress, desk, report_for
from tests.tutor.test_screens_training import two_runs
from tests.tutor.test_zoo import with_mistakes
from tutor.progress import Answer
from tutor.screens.bench_file import FileBench
from tutor.screens.home import Home
from tutor.widgets.editor import PythonEditor

Step = tuple[str, Any]
"""What was done: ``keys``, ``paste``, ``resize``, ``click``, ``wheel``, ``wait``, ``outside`` or ``crash``, and with what."""  # noqa: E501

SMALL, LARGE = (20, 5), (200, 50)
WAITING = ("ask", "choose", "writing")
"""Groups of workers that wait for the learner, or go on until told to stop."""
PATIENCE = 30.0
"""Seconds after which the app counts as hanging."""
EDITING = (
    "backspace", "delete", "enter", "tab", "shift+tab", "up", "down", "left", "right", "home", "end", "pageup",
    "pagedown", "ctrl+z", "ctrl+y", "ctrl+k", "ctrl+u", "ctrl+w", "ctrl+x", "ctrl+c", "ctrl+v", "ctrl+a", "f6", "f7",
    "shift+down", "shift+right", "shift+end", "ctrl+right", "ctrl+shift+left", "escape", "space",
)  # fmt: skip
OURS = ("f2", "ctrl+s", "ctrl+q", "f4", "ctrl+e", "ctrl+t", "f8", "f1", "ctrl+p", "f3", "f5", "escape")
"""Keys of the desk that are pressed right behind what was typed, without a breath between."""
SNIPPETS = (
    ANSWER, NAIVE, "def f(x):\n", "(", "]}", "'''", "  \n\t", "é→ß漢字😀", "\\[b]x[/]", "\r\n", "raise", "0" * 300, "",
)  # fmt: skip
MARKER = re.compile(r"w\d{4}w")
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789 ()[]{}:=+-*/'\"#,.?!_\\éß"


class Lost(AssertionError):
    """A text that the learner wrote is neither in the file nor in the history."""


@dataclass
class World:
    """What outlives the app: files, progress, settings. One app after another is opened on it."""

    folder: Path
    progress: FakeProgress = field(default_factory=FakeProgress)
    texts: dict[str, str] = field(default_factory=dict)
    """What stood in each open editor when the app last rested."""
    outside: dict[str, str] = field(default_factory=dict)
    """What another program wrote, and the desk has not seen yet."""
    superseded: dict[str, str] = field(default_factory=dict)
    """What was saved when another program saved over it, as was meant."""
    editors: dict[str, FileBench] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    """Where the texts of each name lie."""
    seen: Counter[str] = field(default_factory=Counter)
    used: Counter[tuple[str, str]] = field(default_factory=Counter)
    written: int = 0

    def __post_init__(self) -> None:
        long_ago = datetime.now(UTC) - timedelta(days=50)
        self.progress.past = [Answer(long_ago, "L03", "align_right", 1, 0, True)]
        self.progress.passed_at = [("stable_softmax", long_ago)]
        self.progress.attempt("pairwise_distances", NAIVE, report_for("pairwise_distances", NAIVE))
        self.progress.attempt("stable_softmax", ANSWER, report_for("stable_softmax", ANSWER))  # its mistakes are open

    def app(self) -> Any:
        app = desk(self.folder, progress=self.progress)
        with_mistakes(app)
        if not app.runs_root.exists():
            two_runs(app)
        return app

    # -- the ledger ---------------------------------------------------------------------------------

    def kept(self, name: str) -> set[str]:
        """Every text of this name that can be had back."""
        path = self.files[name]
        found = {attempt.source for attempt in self.progress.attempts(name)}
        found |= {one.source for one in self.progress.snapshots(name)}
        for file in (path, *path.parent.glob(f".{path.name}.*draft")):
            with suppress(OSError):
                found.add(file.read_bytes().decode())
        return found

    def settle_accounts(self, app: Any, edited: bool, typed: tuple[str, str] | None = None) -> None:
        """Compare what is open now with what was open before. Raises Lost."""
        open_now = {bench.kept_as: bench for bench in benches(app)}
        self.files |= {name: bench.buffer.path for name, bench in open_now.items() if bench.buffer}
        for name, before in self.texts.items():
            bench = open_now.get(name)
            if bench is None or bench is not self.editors[name]:
                if not edited and before != self.superseded.get(name):
                    self._must_have(name, before, "its workbench was left")
            elif bench.code.editor.text != before and not can_go_back(bench.code.editor):
                self._must_have(name, before, "the editor was filled anew")
        if typed is not None:
            name, word = typed
            here = open_now[name].code.editor.text if name in open_now else ""
            if word not in here and not any(word in text for text in self.kept(name)):
                raise Lost(f"{word} was typed into {name} and is nowhere")
        for name, text in list(self.outside.items()):
            if (bench := open_now.get(name)) and bench.buffer and bench.buffer.known == text:
                del self.outside[name]
            else:
                self._must_have(name, text, "another program had saved it")
        self.editors = open_now
        self.texts = {name: bench.code.editor.text for name, bench in open_now.items()}

    def _must_have(self, name: str, text: str, why: str) -> None:
        kept = self.kept(name)
        if text not in kept:
            raise Lost(f"a text of {name} is gone ({why}):\n{text!r}\nwhat is kept:\n{sorted(kept)!r}")


def can_go_back(editor: TextArea) -> bool:
    """Whether what stood there before is a Ctrl+Z or a Ctrl+Y away."""
    return bool(editor.history.undo_stack or editor.history.redo_stack)


def benches(app: Any) -> Iterator[FileBench]:
    """Every workbench with a file open, on whatever stack."""
    for stack in app._screen_stacks.values():
        for screen in stack:
            if isinstance(screen, FileBench) and screen.buffer is not None:
                yield screen


async def rest(pilot: Pilot[None]) -> None:
    """Until all that was asked for has happened. Raises what the app raised."""
    app: Any = pilot.app
    for quiet in (False, False, True):
        if not app._running or app._exit:
            break
        await pilot._wait_for_screen(PATIENCE)
        await asyncio.sleep(0.001)
        busy = [w._task for w in app.workers if w.group not in WAITING and w._task is not None and not w.is_finished]
        if busy:
            await asyncio.wait(busy, timeout=0.2 if quiet else 1)
    if app._exception is not None:
        raise app._exception


async def do(world: World, pilot: Pilot[None], step: Step) -> None:
    """Do one thing and wait until the app rests."""
    app: Any = pilot.app
    kind, what = step
    if kind == "keys":
        for key in what:
            press(app, key)
    elif kind == "paste":
        app.post_message(events.Paste(what))
    elif kind == "resize":
        resize(app, *what)
    elif kind in ("click", "wheel"):
        point(app, kind, *what)
    elif kind == "wait":
        await asyncio.sleep(what)
    elif kind == "outside":
        for bench in benches(app):
            bench.buffer.path.write_text(what)  # type: ignore[union-attr]
            world.outside[bench.kept_as] = what
            if bench.code.editor.text == bench.buffer.known:  # type: ignore[union-attr]
                world.superseded[bench.kept_as] = bench.code.editor.text
    elif kind == "crash":
        await asyncio.sleep(0.8)  # longer than what may be lost
        await rest(pilot)
        world.settle_accounts(app, edited=False)
        for bench in benches(app):
            bench.buffer = None
        app.exit()
    await rest(pilot)


def press(app: Any, key: str) -> None:
    """A key as a terminal sends it."""
    name = _character_to_key(key) if len(key) == 1 and not key.isalnum() else key
    try:
        character = unicodedata.lookup(_get_unicode_name_from_key(REPLACED_KEYS.get(name, name)))
    except KeyError:
        character = key if len(key) == 1 else None  # type: ignore[assignment]
    app._driver.send_message(events.Key(name, character))


def resize(app: Any, width: int, height: int) -> None:
    """Another size, as a terminal tells it."""
    app._driver._size = Size(width, height)
    app.post_message(events.Resize(Size(width, height), Size(width, height)))


def point(app: Any, kind: str, x: int, y: int, times: int) -> None:
    """The mouse at a place of the screen, as a terminal sends it."""
    x, y = min(x, app.size.width - 1), min(y, app.size.height - 1)
    whats = [events.MouseDown, events.MouseUp] if kind == "click" else [events.MouseScrollDown]
    for _ in range(times):
        for one in whats:
            app._driver.send_message(one(None, x, y, 0, 0, 1, False, False, False, x, y))


# -- choosing ---------------------------------------------------------------------------------------


def choose(world: World, app: Any, chance: random.Random) -> Step:
    """What to do next: often a key that works here and was seldom pressed, else anything."""
    screen: Screen[Any] = app.screen
    writing = isinstance(app.focused, (TextArea, Input))
    kinds = {"bound": 45, "type": 14, "race": 5, "edit": 12, "paste": 5, "resize": 6, "click": 9, "wheel": 2,
             "outside": 1.2, "crash": 0.3, "wait": 0.5}  # fmt: skip
    if chance.random() < world.seen[type(screen).__name__] / (10 + world.seen.total()):
        return "keys", ["escape"]  # the longer it has been here, the sooner it goes on
    kind = chance.choices(list(kinds), list(kinds.values()))[0]
    if kind == "bound":
        return "keys", [seldom(world, screen, chance)]
    if kind == "type" and not writing:
        return "keys", [chance.choice(LETTERS) for _ in range(chance.randint(1, 3))]
    if kind == "type":
        return "keys", [*marker(world), *(chance.choice(LETTERS) for _ in range(chance.randint(0, 4)))]
    if kind == "race":
        return "keys", [*marker(world), *chance.choices(OURS, k=chance.randint(1, 2))]
    if kind == "edit":
        return "keys", [chance.choice(EDITING) for _ in range(chance.randint(1, 4))]
    if kind == "paste":
        return "paste", chance.choice(SNIPPETS)
    if kind == "resize":
        return "resize", (chance.randint(SMALL[0], LARGE[0]), chance.randint(SMALL[1], LARGE[1]))
    if kind in ("click", "wheel"):
        return kind, (chance.randrange(app.size.width), chance.randrange(app.size.height), chance.choice((1, 1, 2, 3)))
    if kind == "outside":
        world.written += 1
        return "outside", f"# written elsewhere, {world.written}\n"
    return kind, 0.7


def marker(world: World) -> str:
    """A word that nobody else writes."""
    world.written += 1
    return f"w{world.written:04}w"


def seldom(world: World, screen: Screen[Any], chance: random.Random) -> str:
    """One of the keys that work here; the less it was pressed on this screen, the likelier."""
    here = type(screen).__name__
    keys: dict[str, tuple[str, float]] = {}
    for key, active in screen.active_bindings.items():
        if active.enabled:
            weariness = 8 if "quit" in active.binding.action else 1 if active.binding.id else 2
            weight = 1 / (1 + weariness * world.used[here, active.binding.action]) ** 2
            keys.setdefault(active.binding.action, (key, weight))
    if not keys:
        return chance.choice(EDITING)
    action = chance.choices(list(keys), [weight for _, weight in keys.values()])[0]
    world.used[here, action] += 1
    return keys[action][0]


# -- a walk -----------------------------------------------------------------------------------------


@dataclass
class Walk:
    """A walk that was taken: its steps, and how it ended."""

    world: World
    steps: list[Step] = field(default_factory=list)
    error: BaseException | None = None

    @property
    def pressed(self) -> int:
        """Keys, pastes, clicks and sizes in all."""
        return sum(map(weight, self.steps))


def weight(step: Step) -> int:
    return len(step[1]) if step[0] == "keys" else 1


async def walk(folder: Path, following: Callable[[World, Any], Step | None], before: World | None = None) -> Walk:
    """Open the app as often as it is closed, and do what ``following`` says until it says None."""
    taken = Walk(world := World(folder))
    if before is not None:
        world.seen, world.used = before.seen, before.used
    try:
        while True:
            app = world.app()
            async with asyncio.timeout(PATIENCE * 20), app.run_test(size=(80, 24)) as pilot:
                await rest(pilot)
                while app._running and not app._exit:
                    step = following(world, app)
                    if step is None:
                        await comes_home(pilot)
                        break
                    taken.steps.append(step)
                    edited, typed = expected(app, step)
                    await asyncio.wait_for(do(world, pilot, step), PATIENCE * 2)
                    world.seen[type(app.screen).__name__] += 1
                    world.settle_accounts(app, edited, typed)
            world.settle_accounts(_Closed(), edited=False)
            world.editors = {}
            if step is None:
                return taken
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit, asyncio.CancelledError)):
            raise
        taken.error = error
        return taken


class _Closed:
    """An app that has ended, for the last account: nothing is open."""

    def __init__(self) -> None:
        self._screen_stacks: dict[str, Any] = {}


def expected(app: Any, step: Step) -> tuple[bool, tuple[str, str] | None]:
    """Whether this step may edit and then leave, and the word that it writes, with the name of the text."""
    if step[0] != "keys":
        return False, None
    keys, screen = step[1], app.screen
    word = "".join(keys[:6])
    edited = len(keys) > 1 or len(keys[0]) == 1
    if isinstance(app.focused, PythonEditor) and isinstance(screen, FileBench) and MARKER.fullmatch(word):
        return edited, (screen.kept_as, word) if screen.buffer is not None else None
    return edited, None


async def comes_home(pilot: Pilot[None]) -> None:
    """Escape leads to the map from everywhere, and the map answers."""
    app: Any = pilot.app
    for _ in range(30):
        if isinstance(app.screen, Home):
            break
        press(app, "escape")
        await rest(pilot)
        await asyncio.sleep(0.02)
    assert isinstance(app.screen, Home), f"escape does not lead home from {app.screen}"
    options = app.screen.query_one("#map")
    options.highlighted = 0
    await rest(pilot)
    press(app, "down")
    await rest(pilot)
    assert options.highlighted == 1, "the map does not answer"


def random_walk(folder: Path, seed: int, keys: int, before: World | None = None) -> Any:
    """A walk of so many keys (a paste, a click and a new size count as one), all of it drawn from the seed.

    ``before`` is the world of an earlier walk: this one goes rather where that one seldom was.
    """
    chance, pressed = random.Random(seed), 0

    def following(world: World, app: Any) -> Step | None:
        nonlocal pressed
        if pressed >= keys:
            return None
        step = choose(world, app, chance)
        pressed += weight(step)
        return step

    return walk(folder, following, before)


def same_walk(folder: Path, steps: Sequence[Step]) -> Any:
    """Exactly these steps."""
    left = iter(steps)
    return walk(folder, lambda _, __: next(left, None))


async def shrunk(taken: Walk, folder: Path, seconds: float = 120.0) -> tuple[list[Step], BaseException]:
    """Fewer steps that go wrong in the same way: pieces are left out as long as that is so, and time is left."""
    assert taken.error is not None
    steps, error, number = list(taken.steps), taken.error, 0
    deadline, size = monotonic() + seconds, max(1, len(steps) // 2)
    while size:
        at = 0
        while at < len(steps) and monotonic() < deadline:
            number += 1
            fewer = await same_walk(folder / f"try{number}", steps[:at] + steps[at + size :])
            if fewer.error is not None and type(fewer.error) is type(error):
                steps, error = fewer.steps, fewer.error  # it may have ended sooner, too
            else:
                at += size
        size = size // 2
    return steps, error
