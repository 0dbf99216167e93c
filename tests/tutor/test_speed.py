"""What keeps keys quick: garbage waits for a pause, screens open styled and drawn once, graders and runs step back."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.tutor.fakes import desk
from tests.tutor.test_screens import settle
from tutor import processes, sweep
from tutor.app import GradatimApp
from tutor.screens.home import Home


def test_garbage_waits_for_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    collected: list[bool] = []
    one = sweep.Sweep()
    one.begin()
    try:
        assert not gc.isenabled()
        monkeypatch.setattr(gc, "collect", lambda: collected.append(True))
        monkeypatch.setattr(gc, "get_count", lambda: (sweep.WORTH + 1, 0, 0))
        one.key()
        one.look()
        assert not collected, "a key was pressed just now"
        one._last_key -= 2 * sweep.BEAT
        one.look()
        assert len(collected) == 1
        one.key()
        monkeypatch.setattr(gc, "get_count", lambda: (sweep.MOST + 1, 0, 0))
        one.look()
        assert len(collected) == 2, "there is too much of it to wait for a pause"
    finally:
        one.end()
    assert gc.isenabled()


async def test_a_screen_opens_styled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    styled: list[str] = []
    real = GradatimApp.update_styles

    def update_styles(self: GradatimApp, node: Any, animate: bool = True) -> None:
        styled.append(type(node).__name__)
        real(self, node, animate)

    monkeypatch.setattr(GradatimApp, "update_styles", update_styles)
    async with desk(tmp_path).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("f1")
        await settle(pilot)
        assert type(pilot.app.screen).__name__ == "Help"
        assert pilot.app.screen.has_class("-narrow")
    assert "Help" not in styled, "all of it was styled anew, right after it was mounted"


async def test_the_map_is_drawn_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    real = Home._draw

    def draw(self: Home, choice: int | None = None) -> None:
        drawn.append(self.size.width)
        real(self, choice)

    monkeypatch.setattr(Home, "_draw", draw)
    async with desk(tmp_path).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert drawn == [80], "each size is told more than once"
        await pilot.resize_terminal(120, 40)
        await settle(pilot)
        assert drawn[-1] == 120, "and a new one is a reason to draw"


def test_the_first_frame_loads_nothing_that_it_does_not_show(tmp_path: Path) -> None:
    late = ("textual.widgets._text_area", "tree_sitter", "_hashlib", "fsrs", "tutor.grader", "tutor.screens.telling")
    code = (
        "import sys\n"
        "from tutor.app import GradatimApp\n"
        "from tutor.commands import screens\n"
        "from tutor.commands.context import desk\n"
        "from tutor.screens.home import Home\n"
        "GradatimApp(desk.course, desk.workspace, desk.progress, settings=desk.settings)\n"
        "desk.course.entries()\n"
        f"print([name for name in {late} if name in sys.modules])"
    )
    environment = {**os.environ, "GRADATIM_HOME": str(tmp_path / "home"), "GRADATIM_DATA": str(tmp_path / "data")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "[]"


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="the scheduler knows no sessions here")
def test_a_session_of_its_own_steps_back_as_a_whole() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True)
    mine = Path("/proc/self/autogroup").read_text()
    try:
        processes.be_nice(child.pid)
        own = os.getpriority(os.PRIO_PROCESS, 0)
        assert os.getpriority(os.PRIO_PROCESS, child.pid) == min(19, own + processes.NICE)
        assert Path(f"/proc/{child.pid}/autogroup").read_text().split()[-1] == str(processes.NICE)
        assert Path("/proc/self/autogroup").read_text() == mine
    finally:
        child.kill()
        child.communicate()
