"""A terminal without a window: a program in a pseudo-terminal, its frames with the moment each one ended."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

FRAME_ENDS = b"\x1b[?2026l"
"""What a program writes behind each frame, once a terminal has said that it paints frames as a whole."""
ASKS_FOR_FRAMES, FRAMES = b"\x1b[?2026$p", b"\x1b[?2026;1$y"
CONTROLS = re.compile(rb"\x1b\[[0-9;:?<>=$]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.")
PATIENCE = 60.0
"""Seconds until something that does not come counts as never coming."""


@dataclass(frozen=True)
class Press:
    """What one key press cost."""

    seconds: float
    """From the key to the end of the frame that shows what it did."""
    cpu: float
    """Seconds of CPU that the program took until it was quiet again."""


class Terminal:
    """A program of 80×24 in a pseudo-terminal. It reads what is painted, and interprets nothing of it but the words.

    It speaks as terminals with synchronized output do, so that a frame has an end. Linux only: CPU and memory are read
    from /proc.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        self.fd, inner = pty.openpty()
        termios.tcsetwinsize(self.fd, (24, 80))
        whole = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **environment}
        whole.pop("NO_COLOR", None)
        self.output = b""
        self.ends: list[tuple[int, float]] = []
        """Where each frame ends in the output, and when it came."""
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=inner, stdout=inner, stderr=inner, env=whole, cwd=folder, start_new_session=True
        )
        os.close(inner)

    def close(self) -> None:
        """End the program."""
        self.process.kill()
        self.process.wait()
        os.close(self.fd)

    # -- what is painted ----------------------------------------------------------------------------

    def read(self, seconds: float) -> bool:
        """Take in what comes within this time; whether anything came. Raises SystemExit when the program ends."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            came, now = os.read(self.fd, 1 << 16), time.perf_counter()
        except OSError:
            raise SystemExit(f"the program ended: {words(self.output)[-600:]}") from None
        if ASKS_FOR_FRAMES in came:
            os.write(self.fd, FRAMES)
        before = max(0, len(self.output) - len(FRAME_ENDS))
        self.output += came
        while (at := self.output.find(FRAME_ENDS, before)) >= 0:
            before = at + len(FRAME_ENDS)
            if not self.ends or self.ends[-1][0] < before:
                self.ends.append((before, now))
        return True

    def see(self, wanted: str, since: int = 0) -> float:
        """Wait until these words were painted; the moment. Raises SystemExit when they never come."""
        deadline = time.perf_counter() + PATIENCE
        while wanted not in words(self.output[since:]):
            self.read(0.1)
            if time.perf_counter() > deadline:
                raise SystemExit(f"{wanted!r} was never painted, but: {words(self.output[since:])[-1500:]}")
        return time.perf_counter()

    def quiet(self, pause: float = 0.04, most: float = 1.5) -> None:
        """Until nothing is painted any more, or for so many seconds where something always moves."""
        deadline = time.perf_counter() + most
        while self.read(pause) and time.perf_counter() < deadline:
            pass

    # -- keys ---------------------------------------------------------------------------------------

    def press(self, keys: bytes, shows: str = "") -> Press:
        """Press, and wait for the end of the frame that shows these words; of the next frame, without any."""
        self.quiet()
        since, frames, cpu = len(self.output), len(self.ends), self.cpu()
        pressed = time.perf_counter()
        os.write(self.fd, keys)
        while time.perf_counter() < pressed + PATIENCE:
            self.read(0.1)
            for end, when in self.ends[frames:]:
                frames += 1
                if shows in words(self.output[since:end]):
                    self.quiet()
                    return Press(when - pressed, self.cpu() - cpu)
        raise SystemExit(f"after {keys!r} {shows!r} was never painted, but: {words(self.output[since:])[-1500:]}")

    # -- what it costs ------------------------------------------------------------------------------

    def cpu(self) -> float:
        """Seconds of CPU that the program has used in all its threads so far."""
        threads = Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9

    def memory(self) -> dict[str, float]:
        """Megabytes (10⁶ bytes): ``rss``, and ``pss``, which counts shared pages by share."""
        lines = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()[1:]
        found = {line.split(":")[0].lower(): int(line.split()[1]) * 1024 / 1e6 for line in lines}
        return {name: round(found[name], 1) for name in ("rss", "pss")}


def words(painted: bytes) -> str:
    """What was painted as text, in the order in which it was painted, one space for each stretch of controls."""
    return re.sub(r"\s+", " ", CONTROLS.sub(b" ", painted).decode("utf-8", "replace"))
