"""Pictures in pixels: the protocol's bytes, what hangs when, and that nothing stays; against a stand-in for Kitty."""

from __future__ import annotations

import base64
import codecs
import contextlib
import json
import os
import random
import select
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.geometry import Offset
from textual.selection import Selection

from tests.tutor.fake_kitty import FakeKitty
from tests.tutor.fakes import desk
from tests.tutor.picture import rows
from tests.tutor.test_screens import settle
from tutor import graphics
from tutor.plates import FINEST, MOST, POINTS, Palette, draw, read, scale, sheet
from tutor.screens.lesson import PageScroll
from tutor.screens.settings import SettingsPage
from tutor.widgets.fence import FenceBlock
from tutor.widgets.pixels import Printed, palette_of
from tutor.widgets.wall import DIACRITICS, NUMBERS, PLACEHOLDER, Wall, delete, open_wall, row, send

TEXT = [f"{i:>3}  +█" for i in range(16)]
LEVELS = bytes(1 + (i * 255 // 576 + 7 * (i % 24)) % 255 for i in range(24 * 24))
TOLD: dict[str, Any] = {
    "at": 1, "lines": 16, "kind": "heat", "rows": 24, "columns": 24, "step": 1, "low": "-1.20", "high": "1.20",
    "names": [], "levels": base64.b64encode(LEVELS).decode(),
}  # fmt: skip
OUTPUT = "\n".join(["x  (24×24, float32)", *TEXT, "after"]) + "\n"


# -- the bytes


def test_an_image_is_one_sequence_in_quiet_mode_with_a_virtual_placement() -> None:
    (sequence,) = send(0x475203, b"\x01\x02\x03" * 6, (3, 2), (2, 1))
    head, payload = sequence.removeprefix("\x1b_G").removesuffix("\x1b\\").split(";")
    assert head == "a=T,U=1,i=4674051,f=24,o=z,s=3,v=2,c=2,r=1,q=2,m=0"
    assert zlib.decompress(base64.standard_b64decode(payload)) == b"\x01\x02\x03" * 6
    assert delete([1, 70000]) == "\x1b_Ga=d,d=I,i=1,q=2\x1b\\\x1b_Ga=d,d=I,i=70000,q=2\x1b\\"


def test_a_large_image_is_sent_in_chunks_and_comes_whole() -> None:
    kitty, rgb = FakeKitty(), random.Random(0).randbytes(60 * 40 * 3)
    sequences = list(send(5, rgb, (60, 40), (6, 2)))
    assert len(sequences) > 1 and all(one.startswith("\x1b_Gq=2,m=") for one in sequences[1:])
    text = "".join(sequences)
    for at in range(0, len(text), 700):  # as a pipe cuts it
        kitty.feed(text[at : at + 700])
    assert kitty.images[5].rgb == rgb and (kitty.images[5].columns, kitty.images[5].rows) == (6, 2)


def test_placeholders_name_row_column_and_image() -> None:
    content = row(0x475203, 2, 3)
    assert content.plain == "\U0010eeee\u030e\u0305\U0010eeee\u030e\u030d\U0010eeee\u030e\u030e"
    assert content.cell_length == 3
    (span,) = content.spans
    assert getattr(span.style, "foreground").rgb == (0x47, 0x52, 0x03)  # noqa: B009 - a span may hold a name, too
    assert len(set(DIACRITICS)) == 80


def test_each_placeholder_is_as_wide_as_the_screen_believes() -> None:
    for y in (0, 40, 79):
        assert row(1, y, 80).cell_length == 80


def test_the_wall_hands_out_few_numbers_and_takes_them_back() -> None:
    kitty = FakeKitty()
    wall = Wall(kitty.feed, lambda: True, (10, 20))
    numbers = [wall.hang(b"abc", (1, 1), (1, 1)) for _ in range(len(NUMBERS) + 1)]
    assert numbers == [*NUMBERS, None] and set(kitty.images) == set(NUMBERS)
    wall.take_down([NUMBERS[4]])
    assert wall.hang(b"abc", (1, 1), (81, 1)) is None, "there is no diacritic for so many columns"
    assert wall.hang(b"abc", (1, 1), (1, 1)) == NUMBERS[4]
    wall.take_down(NUMBERS)
    assert not kitty.images


# -- what is let in


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(sorted(TOLD)), inner, max_size=9),
    max_leaves=20,
)


@given(JSON)
def test_whatever_is_told_is_read_or_passed_over(told: Any) -> None:
    read(told, 30)


@given(st.dictionaries(st.sampled_from(sorted(TOLD)), JSON, max_size=2))
def test_a_plate_with_one_wrong_word_is_passed_over_or_can_be_drawn(wrong: dict[str, Any]) -> None:
    for plate in read([TOLD | wrong], 18):
        cells = sheet(plate)
        assert cells.width <= len(DIACRITICS) and cells.height <= len(DIACRITICS)
        assert len(cells.left) == len(cells.right) == cells.height
        width, height, rgb = draw(plate, cells, Palette((0, 0, 0), ((1, 1, 1), (9, 9, 9)), ((5, 5, 5),)), (4, 8))
        assert len(rgb) == 3 * width * height


@pytest.mark.parametrize(
    "wrong",
    [
        {"rows": 1 << 30, "columns": 1 << 30},
        {"rows": FINEST + 1},
        {"rows": -24, "columns": -24},
        {"rows": True, "columns": 576},
        {"rows": 0},
        {"kind": "curves", "rows": 8, "columns": POINTS + 1},
        {"levels": "A" * 40_000_000},
        {"levels": "~" * 768},
        {"levels": None},
        {"high": "9" * 10},
        {"low": "\x1b[2J"},
        {"low": "\n"},
        {"names": ["\x07"]},
        {"names": ["a"] * 9},
        {"step": 0},
        {"lines": 17, "at": 2},
        {"at": -1},
        {"at": 10**30},
        {"lines": 41},
    ],
    ids=str,
)
def test_hostile_sizes_and_words_take_no_memory(wrong: dict[str, Any]) -> None:
    import tracemalloc

    told = [TOLD | wrong]
    assert read([TOLD], 18)
    tracemalloc.start()
    try:
        assert read(told, 18) == []
        assert tracemalloc.get_traced_memory()[1] < 200_000
    finally:
        tracemalloc.stop()


def test_plates_do_not_overlap_and_are_few() -> None:
    assert len(read([TOLD, TOLD, TOLD | {"at": 5}, TOLD | {"at": 17}], 40)) == 2
    short = [TOLD | {"at": at, "lines": 1} for at in range(100)]
    assert len(read(short, 100)) == MOST


@pytest.mark.parametrize("rows_", [1, 2, 3, 7, 20, 21, 100, 256])
@pytest.mark.parametrize("columns", [1, 2, 13, 40, 256])
def test_every_shape_fits_into_76_columns(rows_: int, columns: int) -> None:
    levels = base64.b64encode(bytes([9]) * rows_ * columns).decode()
    (plate,) = read([TOLD | {"rows": rows_, "columns": columns, "levels": levels, "step": 37}], 18)
    cells = sheet(plate)
    lines = [*(left + "x" * cells.width + right for left, right in zip(cells.left, cells.right, strict=True))]
    assert max(map(len, lines + cells.below)) <= 80 and cells.height <= 21
    numbers = [int(left) for left in cells.left[:-1]]
    assert numbers == sorted(numbers) and numbers[0] == 0


# -- where it is on


KITTY = {"TERM": "xterm-kitty"}


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"TERM": "xterm-256color"},
        {"TERM": "tmux-256color", "KITTY_WINDOW_ID": "1"},
        {"TERM": "screen", "KITTY_WINDOW_ID": "1"},
        KITTY | {"TMUX": "/tmp/tmux-0/default,1,0"},
        KITTY | {"STY": "1.pts-0"},
        KITTY | {"NO_COLOR": "1"},
        KITTY | {"TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver"},
        {"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"},
    ],
)
def test_there_it_is_off_and_nothing_is_asked(environment: dict[str, str]) -> None:
    def ask(_: str) -> str:
        raise AssertionError("a terminal that is not known is asked")

    assert not graphics.pixels(environment, ask)


def test_kitty_and_ghostty_are_known_and_their_traces_lead_to_a_question() -> None:
    def never(_: str) -> str:
        raise AssertionError("what is known is asked")

    for term in ("xterm-kitty", "xterm-ghostty"):
        assert graphics.pixels({"TERM": term}, never)
    assert not graphics.pixels(KITTY), "a test has no terminal"
    inside = {"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}
    spoken = "\x1b_Gi=1;OK\x1b\\"
    answers = {
        f"{spoken}\x1bP>|kitty(0.42.1)\x1b\\\x1b[?62;c": True,
        f"{spoken}\x1bP>|ghostty 1.2.0\x1b\\\x1b[?62;c": True,
        f"{spoken}\x1bP>|WezTerm 20240203\x1b\\\x1b[?62;c": False,
        "\x1bP>|kitty(0.10)\x1b\\\x1b[?62;c": False,
        "\x1b_Gi=1;ENOTSUPPORTED:\x1b\\\x1bP>|kitty(0.42.1)\x1b\\": False,
        "": False,
    }
    for answer, right in answers.items():
        assert graphics.pixels(inside, lambda _, answer=answer: answer) is right  # type: ignore[misc]


def test_the_cell_is_what_the_terminal_says_if_that_can_be() -> None:
    assert graphics.cell_of(24, 80, 800, 480) == (10, 20)
    assert graphics.cell_of(24, 80, 1920, 1152) == (12, 24), "a fine screen's image is enlarged"
    for strange in ((0, 0, 0, 0), (24, 80, 0, 0), (1, 1, 65535, 65535), (24, 80, 80, 24), (65535, 1, 10, 65535)):
        assert graphics.cell_of(*strange) == graphics.CELL


# -- on a page


class Window:
    """A reader of a page whose code draws, in a terminal that is made up."""

    def __init__(self, app: Any, pilot: Any, kitty: FakeKitty) -> None:
        self.app, self.pilot, self.kitty = app, pilot, kitty

    @property
    def block(self) -> FenceBlock:
        block: FenceBlock = self.app.screen.query(FenceBlock).first()
        return block

    async def run(self) -> None:
        await self.pilot.press("n")
        await settle(self.pilot)
        await self.pilot.press("r")
        await settle(self.pilot)

    async def placed(self) -> dict[tuple[int, int], tuple[int, int, int]]:
        """What the screen shows of images, by cell; the cells are those that the compositor draws."""
        await settle(self.pilot)
        self.kitty.cells.clear()
        y = -1
        for y, strip in enumerate(self.app.screen._compositor.render_strips()):
            sequences = [f"\x1b[{y + 1};1H"]
            for text, style, _ in strip:
                color = style.color.triplet if style and style.color else None
                sequences.append(f"\x1b[38;2;{color[0]};{color[1]};{color[2]}m" if color else "\x1b[39m")
                sequences.append(text)
            self.kitty.feed("".join(sequences))
        assert y >= 0
        return self.kitty.placed()


@contextlib.asynccontextmanager
async def window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int] = (80, 40), told: Any = (TOLD,), **more: Any
) -> AsyncIterator[Window]:
    app, kitty = desk(tmp_path, **more), FakeKitty()

    async def fence(*_: Any) -> dict[str, Any]:
        plates = json.loads(json.dumps(told))
        return {"output": OUTPUT, "plates": plates, "raised": None, "seconds": 0.01}

    monkeypatch.setattr(app.fake, "fence", fence)
    monkeypatch.setattr(type(app.console), "color_system", property(lambda _: "truecolor"))
    open_wall(app, (10, 20))
    app.wall._write = kitty.feed
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        yield Window(app, pilot, kitty)


async def test_the_page_shows_the_matrix_in_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with window(tmp_path, monkeypatch) as one:
        await one.run()
        placed = await one.placed()
        (number,) = one.kitty.images
        image = one.kitty.images[number]
        (plate,) = one.block.trial.plates
        cells = sheet(plate)
        assert (image.columns, image.rows) == (cells.width, cells.height) == (40, 21)
        top, left = min(placed)
        assert placed == {(top + y, left + x): (number, y, x) for y in range(cells.height) for x in range(cells.width)}
        palette = palette_of(one.app)
        assert palette is not None
        colors = scale(palette)
        for i in range(24):
            for j in range(24):  # where the cell lies on the screen, and what the terminal draws there
                px, py = int((j + 0.5) * 400 / 24), int((i + 0.5) * 400 / 24)
                assert placed[top + py // 20, left + px // 10] == (number, py // 20, px // 10)
                assert image.pixel(px, py) == colors[LEVELS[24 * i + j]]
        shown = [line.replace(PLACEHOLDER, "") for line in rows(one.app)]
        assert any("x  (24×24, float32)" in line for line in shown) and any("after" in line for line in shown)
        assert any("-1.20" in line and "1.20" in line.split("-1.20")[1] for line in shown), "the scale has its ends"
        assert not any("+█" in line for line in shown)


async def test_it_scrolls_and_is_clipped_with_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with window(tmp_path, monkeypatch, size=(80, 24)) as one:
        await one.run()
        scroll = one.app.screen.query_one(PageScroll)
        seen = set()
        for y in range(int(scroll.max_scroll_y) + 1):
            scroll.scroll_to(y=y, animate=False, immediate=True)
            placed = await one.placed()
            starts = {(place[0] - r, place[1] - c) for place, (_, r, c) in placed.items()}
            assert len(starts) <= 1, "its parts stay together"
            seen |= {(r, c) for _, r, c in placed.values()}
        assert seen == {(r, c) for r in range(21) for c in range(40)}
        assert len(one.kitty.images) == 1, "it is sent once"


async def test_a_narrow_window_has_text_and_a_wide_one_pixels_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with window(tmp_path, monkeypatch) as one:
        await one.run()
        assert await one.placed()
        await one.pilot.resize_terminal(70, 40)
        assert not await one.placed() and not one.kitty.images and any("+█" in line for line in rows(one.app))
        await one.pilot.resize_terminal(100, 40)
        assert len(await one.placed()) == 21 * 40 and len(one.kitty.images) == 1


async def test_another_theme_draws_it_in_its_colors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with window(tmp_path, monkeypatch) as one:
        await one.run()
        ((first, before),) = one.kitty.images.items()
        one.app.theme = "gradatim-light"
        placed = await one.placed()
        ((second, after),) = one.kitty.images.items()
        assert second != first, "or else the cells would not be drawn again"
        assert {number for number, _, _ in placed.values()} == {second}
        palette = palette_of(one.app)
        assert palette is not None and after.pixel(5, 5) == scale(palette)[LEVELS[0]] != before.pixel(5, 5)
        one.app.theme = "textual-ansi" if "textual-ansi" in one.app.available_themes else "ansi-dark"
        assert not await one.placed() and not one.kitty.images, "the terminal's own colors are not known"


async def test_it_goes_with_its_page_and_comes_back_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with window(tmp_path, monkeypatch) as one:
        await one.run()
        assert one.kitty.images
        await one.pilot.press("right")
        assert not await one.placed() and not one.kitty.images
        await one.pilot.press("left")
        assert await one.placed() and len(one.kitty.images) == 1
        await one.pilot.press("escape")
        await settle(one.pilot)
        assert not one.kitty.images
    assert not one.kitty.images


async def test_behind_a_dialog_no_wrong_image_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with window(tmp_path, monkeypatch) as one:
        await one.run()
        before = await one.placed()
        await one.pilot.press("f1")
        under = await one.placed()
        assert all(before.get(place) == part for place, part in under.items())
        await one.pilot.press("escape")
        assert await one.placed() == before


async def test_back_from_another_program_it_is_sent_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with window(tmp_path, monkeypatch) as one:
        await one.run()
        one.kitty.images.clear()  # as a terminal does when its other screen is opened anew
        one.app._resume_signal()
        assert len(await one.placed()) == 21 * 40


@pytest.mark.parametrize("name, value", [("pixels", "off"), ("ascii", "on")])
async def test_a_setting_turns_it_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.delenv("GRADATIM_ASCII", raising=False)
    async with window(tmp_path, monkeypatch) as one:
        await one.run()
        assert one.kitty.images
        await one.app.going.open_settings()
        await settle(one.pilot)
        page = one.app.screen
        assert isinstance(page, SettingsPage)
        page.choose(next(row for row in page.rows if getattr(row, "name", "") == name), value)  # type: ignore[arg-type]
        await one.pilot.press("escape")
        assert not await one.placed() and not one.kitty.images
        assert any(("+#" if name == "ascii" else "+█") in line for line in rows(one.app))


async def test_few_colors_or_no_wall_leave_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with window(tmp_path, monkeypatch) as one:
        monkeypatch.setattr(type(one.app.console), "color_system", property(lambda _: "256"))
        await one.run()
        assert not one.kitty.images and any("+█" in line for line in rows(one.app))
        one.app.wall = None
        one.block.draw()
        await settle(one.pilot)
        assert any("+█" in line for line in rows(one.app))


async def test_what_is_copied_is_the_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with window(tmp_path, monkeypatch) as one:
        await one.run()
        printed = one.block.query_one(Printed)
        assert printed.get_selection(Selection(None, None)) == (OUTPUT.rstrip("\n"), "\n")
        some = printed.get_selection(Selection(Offset(0, 2), Offset(9, 5)))
        assert some is not None and PLACEHOLDER not in some[0] and "+█" in some[0]
        assert printed.get_selection(Selection(Offset(0, 0), Offset(1, 0))) == ("x", "\n")


async def test_more_pictures_than_can_hang_are_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with window(tmp_path, monkeypatch) as one:
        one.app.wall._free.clear()
        await one.run()
        assert not one.kitty.images and any("+█" in line for line in rows(one.app))


# -- with a real driver


PROGRAM = """
import asyncio, sys
from pathlib import Path
from tests.tutor.fakes import desk
from tests.tutor.test_pixels import OUTPUT, TOLD
from tutor import graphics
from tutor.widgets.wall import open_wall
app = desk(Path(sys.argv[1]))
async def fence(*_):
    return {"output": OUTPUT, "plates": [TOLD], "raised": None, "seconds": 0.01}
app.fake.fence = fence
if graphics.pixels():
    open_wall(app, graphics.cell())
app.run()
"""


class Pty:
    """A program in a terminal that is a stand-in for Kitty."""

    def __init__(self, kitty: FakeKitty, folder: Path, **environment: str) -> None:
        import fcntl
        import pty
        import struct
        import termios

        self.kitty = kitty
        self.decode = codecs.getincrementaldecoder("utf-8")().decode
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 80 * 9, 40 * 18))
        kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TMUX", "STY", "GRADATIM_ASCII")}
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(folder)], stdin=slave, stdout=slave, stderr=slave,
            env={**kept, "COLORTERM": "truecolor", "TERM": "xterm-kitty", **environment},
            cwd=Path(__file__).parents[2], start_new_session=True,
        )  # fmt: skip
        os.close(slave)

    def until(self, condition: Callable[[], object], seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it did not come about"
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    self.kitty.feed(self.decode(os.read(self.master, 65536)))
                except OSError:  # the other side has gone
                    self.process.wait(seconds)
                    assert condition()
                    return
            while self.kitty.answers:
                os.write(self.master, self.kitty.answers.pop(0).encode())

    def keys(self, text: str) -> None:
        os.write(self.master, text.encode())

    def says(self, words: str) -> bool:
        lines: dict[int, str] = {}
        for (y, _), (sign, _) in sorted(self.kitty.cells.items()):
            lines[y] = lines.get(y, "") + sign
        return any(words in line for line in lines.values())

    def to_picture(self) -> None:
        self.until(lambda: self.says("Broadcasting"))
        self.keys("n")
        self.until(lambda: self.says("page 1 of"))
        self.keys("r")
        self.until(lambda: len(self.kitty.placed()) == 21 * 40)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Pty]]:
    started: list[Pty] = []

    def begin(kitty: FakeKitty, **environment: str) -> Pty:
        started.append(Pty(kitty, tmp_path, **environment))
        return started[-1]

    yield begin
    for one in started:
        one.process.kill()
        one.process.wait()
        os.close(one.master)


@pytest.mark.alone
@pytest.mark.skipif(sys.platform == "win32", reason="there is no such terminal")
@pytest.mark.parametrize("environment", [{}, {"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}], ids=["told", "asked"])
def test_in_a_terminal_it_hangs_and_nothing_stays_at_the_end(
    start: Callable[..., Pty], environment: dict[str, str]
) -> None:
    kitty = FakeKitty()
    pty = start(kitty, **environment)
    pty.to_picture()
    (image,) = kitty.images.values()
    assert (image.width, image.height) == (40 * 9, 21 * 18) and kitty.alternate
    pty.keys("\x11")  # Ctrl-Q
    pty.until(lambda: pty.process.poll() is not None)
    pty.until(lambda: not kitty.alternate)
    assert not kitty.stores[True] and not kitty.stores[False]


@pytest.mark.alone
@pytest.mark.skipif(sys.platform == "win32", reason="there is no such terminal")
def test_what_a_killed_desk_left_is_deleted_at_the_next_start(start: Callable[..., Pty]) -> None:
    kitty = FakeKitty()
    pty = start(kitty)
    pty.to_picture()
    pty.process.send_signal(signal.SIGKILL)
    pty.process.wait()
    assert kitty.stores[True]
    kitty.cells.clear()  # as a shell does before the next start
    pty = start(kitty)
    pty.until(lambda: pty.says("Broadcasting"))
    assert not kitty.stores[True] and not kitty.placed()
    pty.process.send_signal(signal.SIGTERM)
    pty.until(lambda: pty.process.poll() is not None)
    pty.until(lambda: not kitty.alternate)
    assert not kitty.stores[True]


@pytest.mark.alone
@pytest.mark.skipif(sys.platform == "win32", reason="there is no such terminal")
def test_a_terminal_that_does_not_answer_has_text(start: Callable[..., Pty]) -> None:
    kitty = FakeKitty()
    pty = start(kitty, TERM="xterm-256color")
    pty.until(lambda: pty.says("Broadcasting"))
    pty.keys("n")
    pty.until(lambda: pty.says("page 1 of"))
    pty.keys("r")
    pty.until(lambda: pty.says("+█"))
    assert not kitty.deleted and not kitty.stores[True], "not one byte of the protocol was sent"
