"""A fence runs as its reader would expect: earlier ones silently, one friendly line for an exception."""

from __future__ import annotations

import pytest

from graders.fences import LIMIT, run_page, said


def test_the_last_bare_expression_is_shown_after_what_was_printed() -> None:
    result = run_page(["x = 2\nprint('hello')\nx + 1"], 0)
    assert (result["output"], result["raised"]) == ("hello\n3\n", None)
    assert result["seconds"] >= 0


@pytest.mark.parametrize("code", ["x = 1", "None", "print", "", "# only words"])
def test_nothing_and_none_show_nothing_of_their_own(code: str) -> None:
    output = run_page([code], 0)["output"]
    assert output == ("<built-in function print>\n" if code == "print" else "")


def test_earlier_fences_run_silently_in_the_same_names() -> None:
    result = run_page(["print('quiet')\nx = 5", "x = x + 1", "x"], 2)
    assert result["output"] == "6\n"


def test_an_earlier_fence_that_raises_is_passed_over_and_keeps_what_it_did() -> None:
    assert run_page(["x = 1\nx / 0\nx = 2", "x"], 1)["output"] == "1\n"


def test_later_fences_do_not_run() -> None:
    assert run_page(["x = 1", "x", "x = 9"], 1)["output"] == "1\n"


def test_an_edited_fence_runs_in_place_of_the_written_one() -> None:
    assert run_page(["x = 2", "x"], 1, "x * 10")["output"] == "20\n"


def test_runs_do_not_share_names_or_random_numbers() -> None:
    run_page(["leak = 1"], 0)
    assert run_page(["leak"], 0)["raised"] == "NameError: name 'leak' is not defined (line 1)"
    code = ["import torch\ntorch.randn(3)"]
    assert run_page(code, 0)["output"] == run_page(code, 0)["output"]


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("x = 1\nx / 0", "ZeroDivisionError: division by zero (line 2)"),
        ("def f():\n    raise ValueError('a\\n  b')\n\nf()", "ValueError: a b (line 2)"),
        ("x = (1", "SyntaxError: '(' was never closed (line 1)"),
        ("raise KeyError", "KeyError (line 1)"),
        ("raise SystemExit(3)", "SystemExit: 3 (line 1)"),
        ("import torch\ntorch.ones(2) + torch.ones(3)", "RuntimeError: The size of tensor a (2) must match"),
    ],
)
def test_an_exception_is_one_friendly_line(code: str, says: str) -> None:
    raised = run_page([code], 0)["raised"]
    assert raised is not None and raised.startswith(says)
    assert "\n" not in raised and len(raised) < 400


def test_what_was_printed_before_an_exception_stays() -> None:
    result = run_page(["print('before')\n1 / 0"], 0)
    assert said(result) == "before\nZeroDivisionError: division by zero (line 2)"


def test_a_flood_is_cut() -> None:
    output = run_page(["for i in range(200_000):\n    print('flood')"], 0)["output"]
    assert len(output) < LIMIT + 50 and output.endswith("… cut here")


def test_a_warning_is_shown_in_short() -> None:
    result = run_page(["import torch\nw = torch.ones(1, requires_grad=True) * 2\nw.sum().backward()\nw.grad"], 0)
    assert result["output"].startswith("UserWarning: The .grad attribute") and "/" not in result["output"]


def test_a_page_may_ask_for_the_file_of_an_exercise() -> None:
    code = ["print(whose)\nyours.double(4)"]
    assert run_page(code, 0, own="def double(x):\n    return 2 * x")["output"] == "ours\n8\n"
    assert run_page(code, 0, own="def double(x):\n    return x + x", whose="yours")["output"] == "yours\n8\n"


def test_show_calls_a_leaf_as_the_reader_does() -> None:
    code = (
        "import torch\nfrom torch import nn\nlayer = nn.Linear(2, 1)\nw = torch.ones(1, requires_grad=True)\n"
        "show((layer(torch.ones(3, 2)) * w).sum())"
    )
    output = run_page([code], 0)["output"]
    assert "layer.weight  (shape (1, 2), gets .grad)" in output and "└─ w  (shape (1,), gets .grad)" in output
