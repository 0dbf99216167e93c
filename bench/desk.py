"""How quick the desk is: its first frame beside a bare Textual app's, every key of a long walk, and its memory.

    python bench/desk.py [--rounds 5] [--keys 1000] [--json]
    python bench/desk.py --tiny       every line of it, in seconds

Both apps are started in turn, each in a fresh process in a real pseudo-terminal of 80×24, and timed until the last row
is painted; the figure to read is the ratio, by the clock and by CPU time. The bare app has the widgets of the map and
as many rows, and no course. Then the walk: real keys through map, lesson, workbench, palette and training, each timed
from the key to the end of the frame that shows what it did, while a grader checks without a pause and a nano run
trains. The desk has what it always has before them: they are niced.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from beside import busy
from terminal import Press, Terminal

import exercises
import lessons

ROOT = Path(__file__).resolve().parents[1]
KEYS = {
    "escape": b"\x1b[27u", "enter": b"\r", "up": b"\x1b[A", "down": b"\x1b[B", "right": b"\x1b[C", "left": b"\x1b[D",
    "pagedown": b"\x1b[6~", "pageup": b"\x1b[5~", "home": b"\x1b[H", "end": b"\x1b[F", "ctrl+end": b"\x1b[1;5F",
    "f1": b"\x1bOP", "f2": b"\x1bOQ", "ctrl+p": b"\x10", "ctrl+t": b"\x14", "ctrl+z": b"\x1a",
}  # fmt: skip
"""As terminals send them; Escape as those do that speak Kitty's protocol, since a lone ESC byte may be the beginning of
another key, for which Textual waits 100 ms (ESCDELAY)."""
TYPED = "def aside(x):\n    highest = x.amax(0, keepdim=True)\nreturn x - highest"

WALL, CPU = ("p50", "p99", "max"), ("cpu_p50", "cpu_p99")
Step = tuple[str, str, str]
"""The kind of thing that a key does, the key or the letter, and words that the frame behind it must show."""


def walk(short: bool) -> Iterator[Step]:
    """Once over the desk and back to the map. ``short`` leaves out what is the same over again."""
    times = 1 if short else 4
    for key in ("end", "home"):
        yield "move", key, ""
    yield from [("move", "pagedown", ""), ("move", "pageup", "")] * times
    yield from [("move", "down", ""), ("move", "up", "")] * times
    yield from (("open", "f1", "Esc closes"), ("close", "escape", "finds anything"))
    yield from palette("causal"[: 1 if short else None])
    yield from (("close", "escape", "finds anything"), ("open", "enter", "page 1 of"))
    yield from [("scroll", "down", ""), ("scroll", "up", "")] * times
    yield from (("open", "right", "page 2 of"), ("open", "left", "page 1 of"))
    yield from (("ask", "r", "prediction"), ("type", "2", "2"), ("ask", "enter", "running"))
    yield from (("close", "escape", "finds anything"), ("move", "down", ""), ("move", "down", ""))
    yield from (("open", "enter", "saved"), ("move", "ctrl+end", ""), ("type", "enter", ""))
    word = ""
    for letter in TYPED[: 8 if short else None]:
        word = word + letter if letter.isalnum() else ""
        yield "type", "enter" if letter == "\n" else letter, word
    yield "ask", "f2", "Checking"
    yield from (("type", letter, "") for letter in "# while it is judged"[: 4 if short else None])
    yield from [("move", "up", ""), ("move", "left", ""), ("scroll", "pageup", ""), ("scroll", "pagedown", "")] * times
    yield from [("type", "ctrl+z", "")] * times
    yield from (("move", "escape", ""), ("move", "right", ""), ("move", "left", ""))
    yield from (("close", "escape", "finds anything"), ("move", "up", ""), ("move", "up", ""))
    yield from (("open", "ctrl+t", "Training"), ("open", "enter", "step"), ("close", "escape", "Training"))
    yield from (("close", "escape", "finds anything"), ("move", "down", ""))


def palette(name: str) -> Iterator[Step]:
    """Open the palette and look for something."""
    yield "open", "ctrl+p", "for commands"
    for letter in name:
        yield "type", letter, ""


def first_frames(rounds: int, environment: dict[str, str]) -> dict[str, Any]:
    """Both apps from the new process to the frame with the last row in it: medians, and the ratio of each round."""
    rows = len(lessons.lessons()) + len(exercises.exercises())
    commands = {"desk": ["-m", "tutor"], "bare": [str(ROOT / "bench" / "bare.py"), str(rows)]}
    wall: dict[str, list[float]] = {"desk": [], "bare": []}
    cpu: dict[str, list[float]] = {"desk": [], "bare": []}
    for number in range(-1, rounds):  # the first finds nothing in the system's cache, and does not count
        for name, words in commands.items():
            with opened(words, environment) as app:
                seconds, spent = app.see("F1 Help") - app.started, app.cpu()
                app.quiet()
            if number >= 0:
                wall[name].append(seconds)
                cpu[name].append(spent)
    ratios = [one / other for one, other in zip(wall["desk"], wall["bare"], strict=True)]
    return {
        **{name: {"wall": median(wall[name]), "cpu": median(cpu[name])} for name in commands},
        "ratio": median(ratios),
        "ratio_cpu": median([one / other for one, other in zip(cpu["desk"], cpu["bare"], strict=True)]),
        "spread": [round(min(ratios), 3), round(max(ratios), 3)],
    }


def pressed(app: Terminal, keys: int, short: bool) -> dict[str, list[Press]]:
    """At least so many keys, in whole walks, by the kind of thing that they do."""
    found: dict[str, list[Press]] = {}
    while sum(map(len, found.values())) < keys:
        for kind, key, shows in walk(short):
            found.setdefault(kind, []).append(app.press(KEYS.get(key) or key.encode(), shows))
    return found


def told(presses: list[Press]) -> dict[str, float]:
    """Seconds from key to frame, and CPU seconds until all was quiet."""
    wall, cpu = sorted(p.seconds for p in presses), sorted(p.cpu for p in presses)
    return {
        "keys": len(presses),
        **{f"p{share}": round(wall[min(len(wall) - 1, len(wall) * share // 100)], 4) for share in (50, 99)},
        "max": round(wall[-1], 4),
        "over_50_ms": sum(one > 0.05 for one in wall),
        "cpu_p50": median(cpu),
        "cpu_p99": round(cpu[min(len(cpu) - 1, len(cpu) * 99 // 100)], 4),
    }


@contextlib.contextmanager
def opened(words: list[str], environment: dict[str, str]) -> Iterator[Terminal]:
    """One of our programs in a terminal, until it is looked at no longer."""
    app = Terminal([sys.executable, "-P", *words], environment, ROOT)
    try:
        yield app
    finally:
        app.close()


def measure(rounds: int, keys: int, tiny: bool) -> dict[str, Any]:
    """All of it, with an empty home."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {"PYTHONPATH": str(ROOT), "GRADATIM_SOCKET": str(folder / "g.sock")}
        environment |= {"GRADATIM_HOME": str(folder / "home"), "GRADATIM_DATA": str(folder / "data")}
        with busy(folder, environment, tiny) as beside, opened(["-m", "tutor"], environment) as app:
            app.see("F1 Help")
            app.quiet()
            memory = {"map": app.memory()}
            presses = pressed(app, keys, tiny)
            memory["walk"] = app.memory()
        first = first_frames(rounds, {**environment, "GRADATIM_GRADER": "stdio"})  # which ends with its desk
    kinds = {kind: told(some) for kind, some in presses.items()}
    every = [press for some in presses.values() for press in some]
    return {"first_frame": first, "keys": {"all": told(every), **kinds}, "beside": beside, "memory": memory}


def median(values: list[float]) -> float:
    return round(statistics.median(values), 4)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="starts of each app")
    parser.add_argument("--keys", type=int, default=1000, help="keys to press, at least")
    parser.add_argument("--tiny", action="store_true", help="one round, one short walk, a smaller run: does it go?")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.tiny:
        given.rounds, given.keys = 1, 1
    found = measure(given.rounds, given.keys, given.tiny)
    if given.json:
        print(json.dumps({"version": 1, **found}))
        return
    first, beside, memory = found["first_frame"], found["beside"], found["memory"]
    print(f"first frame, median of {given.rounds} starts each         wall      CPU")
    for name, says in (("desk", "the desk"), ("bare", "a bare app with its widgets")):
        print(f"  {says:<40}{first[name]['wall']:>7.3f} s {first[name]['cpu']:>7.3f} s")
    print(
        f"  times as long (at most 1.5){'':<15}{first['ratio']:>6.2f}   {first['ratio_cpu']:>6.2f}    {first['spread']}"
    )
    checks, steps = beside["checks_per_second"], beside["steps_per_second"]
    print(f"key to frame, in ms; beside it {checks} checks and {steps} steps of training a second")
    print("             keys    p50    p99    max over 50   CPU p50   CPU p99")
    for kind, row in found["keys"].items():
        wall, cpu = ([f"{1000 * row[name]:>7.1f}" for name in names] for names in (WALL, CPU))
        print(f"  {kind:<10}{row['keys']:>5}{''.join(wall)}{row['over_50_ms']:>8}   {'   '.join(cpu)}")
    print("memory of the desk's process, in MB (at most 120)")
    for name, says in (("map", "the map"), ("walk", "after the walk, a watched run included")):
        print(f"  {says:<40}PSS {memory[name]['pss']:>6.1f}   RSS {memory[name]['rss']:>6.1f}")


if __name__ == "__main__":
    main()
