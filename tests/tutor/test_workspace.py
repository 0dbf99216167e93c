"""The learner's files are never overwritten unasked, and never half written."""

from __future__ import annotations

import os
import stat
import sys
import threading
from pathlib import Path

import pytest

from exercises import Exercise
from tutor import workspace as module
from tutor.workspace import Workspace, read_text, write_atomic


@pytest.fixture
def exercise(tmp_path: Path) -> Exercise:
    folder = tmp_path / "course" / "broadcasting" / "stable_softmax"
    folder.mkdir(parents=True)
    (folder / "start.py").write_text("# TODO\n")
    hints = ("a", "b", "c")
    return Exercise("stable_softmax", "broadcasting", "T", "implement", "t", 5, 1, 1, "A", ("f",), folder, hints)


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


def test_the_stub_is_given_once(space: Workspace, exercise: Exercise) -> None:
    assert not space.exists(exercise)
    path = space.give(exercise)
    assert path == space.home / "broadcasting" / "stable_softmax.py"
    assert space.read(exercise) == "# TODO\n" and space.exists(exercise)
    path.write_text("mine")
    space.give(exercise, "other")
    assert space.read(exercise) == "mine"


def test_two_who_give_at_once_do_not_overwrite(space: Workspace, exercise: Exercise) -> None:
    for _ in range(20):
        space.file(exercise).unlink(missing_ok=True)
        texts = [f"{n}\n" * 2000 for n in range(4)]
        threads = [threading.Thread(target=space.give, args=(exercise, text)) for text in texts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert space.read(exercise) in texts
    assert [p.name for p in space.file(exercise).parent.iterdir()] == ["stable_softmax.py"]


def test_a_text_that_appears_between_look_and_write_wins(
    space: Workspace, exercise: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = space.file(exercise)
    real = module._link_if_absent

    def late(temporary: Path, target: Path) -> None:
        path.write_text("the learner was quicker")
        real(temporary, target)

    monkeypatch.setattr(module, "_link_if_absent", late)
    space.give(exercise)
    assert space.read(exercise) == "the learner was quicker"


def test_reset_hands_back_what_was_there(space: Workspace, exercise: Exercise) -> None:
    space.give(exercise)
    space.write(exercise, "mine\n")
    assert space.reset(exercise) == "mine\n"
    assert space.read(exercise) == "# TODO\n"
    assert space.reset(exercise, "drawn\n") == "# TODO\n"
    assert space.read(exercise) == "drawn\n"


def test_a_write_that_fails_leaves_the_old_text(
    space: Workspace, exercise: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    space.write(exercise, "old\n")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        space.write(exercise, "new\n")
    assert space.read(exercise) == "old\n"
    assert len(list(space.file(exercise).parent.iterdir())) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions and links")
def test_mode_and_links_are_kept(tmp_path: Path) -> None:
    real = tmp_path / "real.py"
    real.write_text("a")
    real.chmod(0o640)
    link = tmp_path / "link.py"
    link.symlink_to(real)
    write_atomic(link, "b")
    assert link.is_symlink() and real.read_text() == "b"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    old = os.umask(0o027)
    try:
        write_atomic(tmp_path / "new.py", "c")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "new.py").stat().st_mode) == 0o640


def test_text_of_other_editors_is_read(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_bytes("\ufeffa = 'é'\r\nb = 2\r\n".encode())
    assert read_text(file) == "a = 'é'\nb = 2\n"
    file.write_bytes(b"a = '\xe9'\n")
    with pytest.raises(ValueError, match="not UTF-8"):
        read_text(file)


def test_diff_shows_what_differs(space: Workspace, exercise: Exercise) -> None:
    space.write(exercise, "a\nb\n")
    lines = space.diff(exercise, "a\nc\n")
    assert "-b" in lines and "+c" in lines and " a" in lines
    assert space.diff(exercise, "a\nb\n") == []
