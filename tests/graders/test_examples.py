"""A learner's own examples: true or not, what they catch, and that nothing they do reaches beyond their process."""

from __future__ import annotations

import sys
from typing import Any

import pytest

import exercises
from graders.__main__ import Server
from graders.examples import close, judged
from tests.graders.conftest import Bench

RIGHT = "def double(x):\n    return x * 2\n"
WRONG = [
    ("square", "def double(x):\n    return x * x\n"),
    ("same", "def double(x):\n    return x\n"),
    ("raises", "def double(x):\n    raise ValueError('no')\n"),
    ("unreadable", "def double(x) return\n"),
]


def judge(text: str, seconds: float = 5.0, wrong: list[tuple[str, str]] = WRONG) -> dict[str, Any]:
    return judged(text, RIGHT, wrong, ("double",), seconds)


def test_a_true_example_catches_what_does_otherwise() -> None:
    found = judge("assert double(2) == 4\n\nassert close(double(torch.tensor([3.0])), [6])\n")
    first, second = found["examples"]
    assert found["trouble"] == "" and found["wrong"] == ["square", "same", "raises", "unreadable"]
    assert (first["line"], first["text"], first["true"]) == (1, "assert double(2) == 4", True)
    assert first["catches"] == ["same", "raises"], (
        "2 · 2 is 2 + 2: the square passes; what cannot be loaded is no catch"
    )
    assert second["catches"] == ["square", "same", "raises"]


def test_a_false_example_says_what_is_so_and_catches_nothing() -> None:
    found = judge("x = 3\nassert double(x) + double(1) == 9, 'mine'\nassert x\nassert double('a') > 1\nassert not x\n")
    one, two, three, four = found["examples"]
    assert one["says"] == "double(x) gives 6; double(1) gives 2" and not one["true"] and one["catches"] == []
    assert two["true"] and two["catches"] == [], "true of everything"
    assert three["says"].startswith("it raises TypeError") and four["says"] == "it is false"


def test_a_loop_or_a_block_with_an_assert_is_one_example() -> None:
    found = judge("for n in (1, 2):\n    y = double(n)\n    assert y == 2 * n\nif True:\n    assert double(0) == 0\n")
    assert [(one["line"], one["true"]) for one in found["examples"]] == [(1, True), (4, True)]
    assert "double(n) gives 2" in judge("for n in (1, 2):\n    assert double(n) == 3\n")["examples"][0]["says"]


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("assert double(", "Python cannot read this: '(' was never closed (line 1)"),
        ("x = 1\ny = 1 / 0\nassert double(1) == 2", "line 2: ZeroDivisionError: division by zero"),
        ("a\0b", "Python cannot read this: source code string cannot contain null bytes"),
        ("import nowhere", "line 1: ModuleNotFoundError"),
        ("raise SystemExit", "line 1: SystemExit"),
    ],
)
def test_what_cannot_be_run_is_told_with_its_line(text: str, trouble: str) -> None:
    found = judge(text)
    assert trouble in found["trouble"] and len(found["wrong"]) == 4
    assert all(one["catches"] == [] for one in found["examples"])


def test_no_example_is_no_trouble() -> None:
    assert judge("") == judge("# nothing\n\ndef helper():\n    assert False\n") == {
        "trouble": "", "examples": [], "wrong": [name for name, _ in WRONG],
    }  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="no interval timers here")
def test_what_does_not_end_is_stopped_and_counts_as_caught() -> None:
    endless = [("endless", "def double(x):\n    while x < 3:\n        pass\n    return x * 2\n")]
    found = judge("assert double(4) == 8\nassert double(2) == 4\n", 0.3, endless)
    assert [one["catches"] for one in found["examples"]] == [[], ["endless"]]
    assert judge("while True:\n    pass\n", 0.3)["trouble"] == "line 1 takes more than 0.3 seconds"
    stuck = judge("while True:\n    assert double(1) == 2\n", 0.3)
    assert stuck["examples"][0]["says"] == "it takes more than 0.3 seconds"


def test_close_wants_the_shape_and_the_values() -> None:
    import torch

    assert close([1.0, 2.0], torch.tensor([1.0, 2.0 + 1e-6])) and close(torch.tensor(3), 3.0)
    assert close(torch.tensor([float("nan")]), [float("nan")])
    assert not close([1.0], 1.0) and not close([1.0], [1.1])


def test_over_the_wire_it_is_held_in_the_sandbox(bench: Bench) -> None:
    """The real exercise, through the server's own request."""
    server = Server.__new__(Server)
    server.pool = bench.pool
    answers: list[dict[str, Any]] = []

    async def answer(number: Any, event: dict[str, Any]) -> None:
        answers.append(event)

    def ask(text: str, name: str = "stable-softmax") -> dict[str, Any]:
        bench.wait(server.do_examples(1, {"exercise": name, "examples": text}, answer))
        return answers[-1]

    x = "x = torch.tensor([0.0, 0.0])\n"
    found = ask(f"{x}assert close(softmax(x + 1000, 0), [0.5, 0.5])\nassert close(softmax(x, 0), [1, 0])\n")
    assert found["event"] == "examples" and len(found["wrong"]) == len(exercises.exercise("stable-softmax").mistakes)
    first, second = found["examples"]
    assert first["true"] and "no-shift" in first["catches"] and not second["true"]
    if sys.platform == "linux":
        assert "PermissionError" in ask("open('/etc/passwd')")["trouble"]
    assert "ended the Python process" in ask("import os\nos._exit(0)")["trouble"]
    with pytest.raises(ValueError, match="own example"):
        ask("", "trace-backward")
