"""Where things are kept, and that the socket's folder is ours alone."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from pathlib import Path

import pytest

from tutor import paths

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")


def test_the_environment_names_the_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GRADATIM_HOME", str(tmp_path / "mine"))
    monkeypatch.setenv("GRADATIM_DATA", str(tmp_path / "data"))
    assert paths.home() == tmp_path / "mine"
    assert paths.runs_dir() == tmp_path / "mine" / "runs"
    assert paths.database().parent == tmp_path / "data"


def test_without_it_the_learners_folder_is_in_plain_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRADATIM_HOME", raising=False)
    monkeypatch.delenv("GRADATIM_DATA", raising=False)
    assert paths.home() == Path.home() / "gradatim"
    assert "gradatim" in str(paths.data_dir())


@POSIX
def test_the_socket_is_private_and_short(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GRADATIM_SOCKET", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    if len(str(tmp_path)) >= 60:
        monkeypatch.delenv("XDG_RUNTIME_DIR")
    path = paths.socket_path()
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert len(os.fsencode(path)) < 100


@POSIX
def test_a_long_runtime_folder_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    long = tmp_path / ("x" * 90)
    long.mkdir()
    monkeypatch.delenv("GRADATIM_SOCKET", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(long))
    assert len(os.fsencode(paths.socket_path())) < 100


@POSIX
def test_a_runtime_folder_that_is_a_link_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GRADATIM_SOCKET", raising=False)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    with tempfile.TemporaryDirectory(dir="/tmp") as base:  # pytest's own folder has too long a name
        monkeypatch.setattr(paths.tempfile, "gettempdir", lambda: base)
        (Path(base) / f"gradatim-{os.getuid()}").symlink_to(tmp_path)
        with pytest.raises(OSError, match="belongs to someone else"):
            paths.socket_path()


def test_another_version_of_the_course_gets_another_grader(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    room = tmp_path / "graders"
    room.mkdir()
    (room / "judge.py").write_text("1")
    monkeypatch.delenv("GRADATIM_SOCKET", raising=False)
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    before = paths.socket_path()
    assert paths.socket_path() == before
    os.utime(room / "judge.py", (2e9, 2e9))
    after = paths.socket_path()
    assert after != before
    before.touch()
    assert paths.outdated_sockets(after) == [before]
    monkeypatch.setattr(paths.sys, "executable", "another")
    assert paths.outdated_sockets(paths.socket_path()) == []
    before.unlink()
