"""Verdicts in words: every kind of difference is told with what was expected, where, and by how much."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

import exercises
from graders import mistakes
from graders.encode import encode
from graders.explain import explain, remark
from graders.log import Busy
from graders.observe import Rule, at_most, equal, holds, judge, law
from graders.values import Seen
from graders.wire import Broken, array, unpack_header
from tests.graders.conftest import Bench


def seen(value: object, rule: Rule | None = None) -> Seen:
    payload = bytearray()
    node = encode(value, payload)
    return Seen("f(x)", node, bytes(payload), rule or equal())


def verdict(mine: object, theirs: object, rule: Rule | None = None) -> str:
    """The sentence about a value that should have been another; empty when it is accepted."""
    reference = seen(theirs, rule)
    found = judge(seen(mine), [reference])
    return explain("f(x)", found, reference.rule)[0] if found else ""


def test_without_its_package_an_exercise_is_not_judged(bench: Bench) -> None:
    exercise = exercises.exercise("stable-softmax")
    locked = replace(exercise, package="no_such_package")
    report = bench.wait(bench.judge.check(locked, exercise.text("answer.py")))
    assert report.status == "error" and "pip install 'gradatim[no_such_package]'" in report.message


BASE = torch.arange(12.0).reshape(3, 4) + 0.5


@pytest.mark.parametrize(
    ("mine", "theirs", "says"),
    [
        (BASE, BASE, ""),
        (BASE + 1e-7, BASE, ""),
        (BASE.t(), BASE, "shape (4, 3); (3, 4) was expected"),
        (BASE.double(), BASE, "dtype float64; float32 was expected"),
        (BASE.to("meta"), BASE, "on meta; cpu was expected"),
        (None, BASE, "None; float32 tensor of shape (3, 4) was expected"),
        ([BASE], [BASE, BASE], "1 items; 2 were expected"),
        ({"a": 1}, {"b": 1}, "keys 'a'; 'b' were expected"),
        ((1, 2), [1, 2], "a tuple of 2; a list of 2 was expected"),
        (1, 1.0, "an int (1); a float (1.0) was expected"),
        (True, 1, "a bool (True); an int (1) was expected"),
        (2 * BASE, BASE, "same factor, 2"),
        (BASE + 3, BASE, "same amount, 3"),
        (BASE * 0, BASE, "Every entry is zero"),
        (BASE.flip(0), BASE, "stand in other places"),
        (BASE * float("nan"), BASE, "12 NaN where the reference has none"),
        (BASE > 4, BASE < 4, "Every entry is the opposite"),
        (float("nan"), float("nan"), ""),
        (torch.tensor([1, 2, 3]), torch.tensor([1, 2, 4]), "at [2]: 3 instead of 4"),
    ],
)
def test_words(mine: object, theirs: object, says: str) -> None:
    text = verdict(mine, theirs)
    assert (says in text) if says else not text


def test_first_index_error_and_place() -> None:
    mine = BASE.clone()
    mine[2] += 5.0 * torch.rand(4)
    text = verdict(mine, BASE)
    assert "first at [2, 0]" in text and "4 of 12" in text and "+ 0.0001·|expected|" in text
    assert "Only the last slice along dimension 0 differs" in text


def test_transpose_is_recognized() -> None:
    square = torch.randn(5, 5).numpy()
    assert "transpose" in remark(square.T, square, np.zeros((5, 5), bool))


def test_rules() -> None:
    assert not verdict([1, 2], [3, 4], {"rule": "noted"})
    assert not verdict(3, 5, at_most(times=1.0))
    assert "at most 5" in verdict(7, 5, at_most(times=1.0))
    assert "Not so." in verdict(False, True, holds("is_true", "Not so."))
    events = ["clear", "backward", "step", "backward", "step"]
    rule = holds("each_before", "No clear.", first="clear", then="backward")
    assert "No clear." in verdict(events, [], rule)
    generator = torch.Generator().manual_seed(1)
    draws = torch.randn(4000, generator=generator) * 0.02
    assert not verdict(draws, draws, law(0.0, 0.02))
    assert verdict(draws * 1.2, draws, law(0.0, 0.02))


def test_bfloat16_crosses_the_wire() -> None:
    x = torch.tensor([1.5, -2.25, float("inf")], dtype=torch.bfloat16)
    payload = bytearray()
    node = encode(x, payload)
    numbers = array(node, bytes(payload))
    assert numbers is not None and numbers.tolist() == [1.5, -2.25, float("inf")]


def test_what_lies_is_not_compared() -> None:
    class Liar(torch.Tensor):
        pass

    class Seven(int):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = int.__hash__

    assert "subclass" in verdict(torch.zeros(2).as_subclass(Liar), torch.zeros(2))
    assert "Seven" in verdict(Seven(7), 8)


@pytest.mark.parametrize("raw", [b"[]", b"{", b'{"f": 1}', b'{"f": "x", "bytes": -1}', b'{"f": "x", "bytes": "9"}'])
def test_frames_that_are_none(raw: bytes) -> None:
    with pytest.raises(Broken):
        unpack_header(raw)


def test_a_tensor_whose_bytes_do_not_fit() -> None:
    node = {"k": "tensor", "dtype": "float32", "shape": [2, 2], "at": 0, "n": 12}
    with pytest.raises(Broken):
        array(node, bytes(12))


MATMUL = """
import torch

def softmax(x, dim):
    a, b = torch.ones(2, 3), torch.ones(2, 3)
    return a @ b

log_softmax = softmax
"""


def test_operands_that_do_not_fit(bench: Bench) -> None:
    report = bench.check("stable-softmax", MATMUL)
    assert report.first_failure is not None
    assert "b.transpose(-2, -1) would be (3, 2), which fits" in report.first_failure.message
    assert report.first_failure.details["line"] == 6


def test_a_view_of_one_element_is_compared_like_any_other() -> None:
    one = torch.arange(8).view(2, 4)[1:, 3]
    assert one.stride() == (4,) and verdict(one, torch.tensor([7])) == ""
    assert "6" in verdict(torch.arange(8.0).view(2, 4)[1:, 2], torch.tensor([7.0]))


def test_an_operand_that_leaves_when_it_is_asked_again(bench: Bench) -> None:
    source = (
        "import torch\n\nasked = []\n\ndef once():\n    asked.append(1)\n    if len(asked) > 1:\n"
        "        raise SystemExit\n    return torch.ones(2, 3)\n\n"
        "def softmax(x, dim):\n    return once() @ torch.ones(2, 3)\n\nlog_softmax = softmax\n"
    )
    report = bench.check("stable-softmax", source)
    assert report.status == "error" and report.first_failure is not None
    assert "mat1 and mat2 shapes cannot be multiplied" in report.first_failure.message


def test_the_graph_shows_what_a_backward_has_used_up(bench: Bench) -> None:
    source = exercises.exercise("retain-graph").text("answer.py")
    wrong = source.replace("retain_graph=i < len(losses) - 1, ", "")
    report = bench.check("retain-graph", wrong)
    assert report.first_failure is not None
    graph = report.first_failure.details["graph"]
    assert "Backward0  ✗ used up" in graph and "params[0]  (" in graph, graph


def test_shapes_are_shown_of_a_pass_too(bench: Bench) -> None:
    exercise = exercises.exercise("multi-head-attention")
    seen = bench.wait(bench.judge.shapes(exercise, exercise.text("answer.py"), 7))
    values = {name: text for line in seen["lens"] for name, text in line["values"].items()}
    assert "float32" in values["scores"] and values["return"].startswith("(") and "graph" not in seen
    assert bench.wait(bench.judge.shapes(exercise, "def MultiHeadAttention(*a): return None", 7)) != {}
    assert bench.wait(bench.judge.shapes(exercise, "1 +", 7)) == {}


def test_the_lens_shows_the_failing_call(bench: Bench) -> None:
    wrong = "import torch\n\ndef softmax(x, dim):\n    top = x.amax()\n    return x - top\n\nlog_softmax = softmax\n"
    report = bench.check("stable-softmax", wrong, seed=5)
    assert report.first_failure is not None
    lens = {line["line"]: line["values"] for line in report.first_failure.details["lens"]}
    assert "top" in lens[4] and "()" in lens[4]["top"]
    assert "return" in lens[5]


def test_the_seed_repeats_a_verdict(bench: Bench) -> None:
    wrong = "import torch\n\ndef softmax(x, dim):\n    return x\n\nlog_softmax = softmax\n"
    first, second = (bench.check("stable-softmax", wrong, seed=31) for _ in range(2))
    assert first.first_failure == second.first_failure
    assert first.seed == 31


def test_where_our_own_answer_does_not_end_in_time_the_machine_is_too_busy_to_judge(bench: Bench) -> None:
    hurried = replace(exercises.exercise("stable-softmax"), seconds=0.0005)
    bench.judge._ready.clear()
    bench.judge._banks.clear()
    with pytest.raises(Busy):
        bench.wait(bench.judge.prepare(hurried))
    report = bench.wait(bench.judge.check(hurried, hurried.text("answer.py")))
    assert report.status == "broken" and not report.checks
    assert report.message.startswith("This machine was too busy to judge") and "Try again" in report.message
    with pytest.raises(Busy):
        bench.wait(bench.judge.prepare(hurried))
    again = bench.check("stable-softmax", hurried.text("answer.py"))
    assert again.passed, "and nothing of it is kept"


def test_a_failure_is_told_without_its_name_where_there_is_no_time_for_that(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_: object) -> None:
        raise Busy

    monkeypatch.setattr(bench.judge, "_mistakes", busy)
    task = exercises.exercise("stable-softmax")
    bench.judge._banks.clear()
    report = bench.check("stable-softmax", task.text("answer.py").replace("keepdim=True", "keepdim=False"))
    bench.judge._banks.clear()
    assert report.status in ("failed", "error") and report.first_failure is not None and not report.mistakes


@pytest.mark.parametrize("dtype, alike", [(torch.float32, True), (torch.float64, False)])
def test_several_tensors_are_as_alike_as_the_coarsest_of_them_can_be(dtype: torch.dtype, alike: bool) -> None:
    one, near, far = (seen((torch.tensor([value], dtype=dtype), [1.0])) for value in (1.0, 1.0005, 1.1))
    assert mistakes._alike(one, near, equal()) is alike
    assert not mistakes._alike(one, far, equal())
