"""A small disk that can be filled and made read-only."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


class Disk:
    """A small disk of its own, which can be filled, freed, and made read-only: also for root, unlike permissions."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.filler = root / "filler"

    def fill(self) -> None:
        """Until not a byte more fits."""
        with self.filler.open("ab", buffering=0) as file:
            for size in (65536, 4096, 1):
                with contextlib.suppress(OSError):
                    while file.write(bytes(size)):
                        pass
        for number in range(100):  # what the file system holds back for names
            try:
                (self.root / f"filler{number}").write_bytes(bytes(4096))
            except OSError:
                break

    def free(self) -> None:
        for file in self.root.glob("filler*"):
            file.unlink()

    def protect(self, kind: str = "ro") -> None:
        """Read-only from now on; ``rw`` takes it back."""
        subprocess.run(["mount", "-o", f"remount,{kind}", str(self.root)], check=True, capture_output=True)


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    """A disk of 2 MB with the learner's home and data on it."""
    root = tmp_path / "disk"
    root.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "gradatim-test", str(root)]
    try:
        subprocess.run(mount, check=True, capture_output=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        pytest.skip("no disk can be mounted here; as root this test fills a real one")
    monkeypatch.setenv("GRADATIM_HOME", str(root / "home"))
    monkeypatch.setenv("GRADATIM_DATA", str(root / "data"))
    yield Disk(root)
    subprocess.run(["umount", "-l", str(root)], check=True)
