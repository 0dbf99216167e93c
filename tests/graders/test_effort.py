"""Counted rules: a loop shows however it is written, a view is told from a copy, a stray tensor's line is named."""

import os
import sys
import threading
from typing import Any

import pytest
import torch

from graders import child, effort
from graders.encode import encode
from graders.kit import Draw, Observe
from graders.observe import judge
from graders.submission import load
from graders.values import Seen
from graders.watch import Watch

FILE = "mine.py"


def verdicts(source: str, look: Any) -> list[bool]:
    """Load a submission, let ``look(submission, draw, observe)`` observe it, and judge each rule on its own."""
    seen: list[Seen] = []

    def send(name: str, value: Any, rule: Any) -> None:
        payload = bytearray()
        seen.append(Seen(name, encode(value, payload), bytes(payload), rule))

    look(load("import torch\n" + source, FILE, {}), Draw(1, "test"), Observe(send, FILE, 1, "test"))
    return [judge(each, [each]) is None for each in seen]


LOOPS = {
    "for": "def f(x):\n    out = []\n    for row in x: out.append(row.sum())\n    return torch.stack(out)",
    "comprehension": "def f(x):\n    return torch.stack([row.sum() for row in x])",
    "map": "def f(x):\n    return torch.stack(list(map(torch.sum, x)))",
    "while": "def f(x):\n    i = 0\n    while i < len(x): i += 1\n    return x.sum(1)",
    "recursion": "def f(x):\n    return x.sum(1) if len(x) == 1 else torch.cat([f(x[:1]), f(x[1:])])",
    "large": "def f(x):\n    return x.sum(1) if len(x) < 9 else torch.stack([row.sum() for row in x])",
    "untraced": "import sys\ndef f(x):\n    sys.settrace(None)\n    return torch.stack([row.sum() for row in x])",
}
NO_LOOPS = {
    "sum": "def f(x):\n    return x.sum(1)",
    "matmul": "def f(x):\n    return x @ torch.ones(x.shape[1])",
    "doubling": "def f(x):\n    n = 1\n    while n < len(x): n *= 2\n    return x.sum(1)",
}


@pytest.mark.parametrize(
    ("source", "fine"), [(s, False) for s in LOOPS.values()] + [(s, True) for s in NO_LOOPS.values()]
)
def test_loops(source: str, fine: bool) -> None:
    def look(submission: Any, draw: Any, observe: Any) -> None:
        observe.no_loop("f", lambda n: submission.f(draw.normal(n, 3)))

    assert verdicts(source, look) == [fine]


@pytest.mark.parametrize(
    ("source", "shares"),
    [("x.view(-1)", True), ("x.T", True), ("x.clone()", False), ("x.T.reshape(-1)", False), ("x + 0", False)],
)
def test_memory(source: str, shares: bool) -> None:
    def look(submission: Any, draw: Any, observe: Any) -> None:
        x = draw.normal(3, 4)
        observe.shares("f(x)", submission.f(x), x)
        observe.apart("f(x)", submission.f(x), x)

    assert verdicts(f"def f(x):\n    return {source}", look) == [shares, not shares]


def test_apart_wants_a_tensor() -> None:
    def look(submission: Any, draw: Any, observe: Any) -> None:
        observe.apart("f(x)", submission.f(1), draw.normal(2))

    assert verdicts("def f(x):\n    return None", look) == [False]


@pytest.mark.parametrize(
    ("source", "fine"),
    [
        ("def f(x):\n    return x + torch.arange(len(x), device=x.device)", True),
        ("def f(x):\n    return x + torch.arange(len(x))", False),
        ("def f(x):\n    t = torch.arange(9)\n    return torch.nn.functional.embedding(t, x)", False),
        ("def f(x):\n    return x * torch.tensor(2.0)", True),
        ("def f(x):\n    return x if x.sum() > 0 else -x", True),
        ("def f(x):\n    return x.new_zeros(len(x))", True),
        ("def f(x):\n    return x + torch.arange(len(x)).float().to(x.device)", True),  # slow, and right everywhere
        ("def f(x):\n    t = torch.arange(9)\n    return x + t.to(x) + t", False),
        ("def f(x):\n    t = torch.arange(9)\n    u = torch.ones(9)\n    return x + t.to(x) + u", False),
        ("def f(x):\n    t = torch.arange(9)\n    return x + t.view(3, 3).t().reshape(-1)", False),
        # What is read back is known there, and code goes on as it does with the numbers.
        ("def f(x):\n    return x * torch.tensor([1.0, 3.0]).max().item()", True),
        (
            "def f(x):\n    t = torch.tensor(x.tolist(), device=x.device)\n"
            "    return x - t if (t == x).all() else torch.ones(9)",
            True,
        ),
        (
            "def f(x):\n    t = x.new_tensor([v > 0 for v in x.tolist()]).bool()\n    return x[t] if t.any() else x",
            True,
        ),
        ("def f(x):\n    return torch.tensor([v > 0 for v in x.tolist()]) & (x > 0)", False),
        ("def f(x):\n    return x[x > 0] + torch.ones(int((x > 0).sum()))", False),
        (
            "def f(x):\n    y = x.clone()\n    y[::2] = 7\n"
            "    return x if y[2] == 7 and y[1] == x[1] else torch.ones(9)",
            True,
        ),
        (
            "def f(x):\n    w = x.clone().requires_grad_()\n    (w * w).sum().backward()\n"
            "    return x + torch.ones(9) if torch.equal(w.grad, 2 * x) else x",
            False,
        ),
        # What cannot go on there, a kernel of another kind say, is judged by what it has made before.
        ("def f(x):\n    t = torch.empty(9)\n    raise RuntimeError", False),
        ("def f(x):\n    t = torch.arange(9).to(x)\n    raise RuntimeError", True),
        # Back and forth is slow, and right everywhere; what stays on the CPU is not.
        ("def f(x):\n    return (x.cpu() + 1).to(x.device)", True),
        ("def f(x):\n    return x.cpu() + 1", False),
        ("def f(x):\n    return {'y': [torch.ones(9)]}", False),
        ("def f(x):\n    return torch.tensor(x.cpu().numpy(), device=x.device)", True),
        ("def f(x):\n    return x + torch.from_numpy(x.cpu().numpy())", False),
        ("def f(x):\n    return torch.tensor(x.numpy(), device=x.device)", False),
    ],
)
def test_devices(source: str, fine: bool) -> None:
    def look(submission: Any, draw: Any, observe: Any) -> None:
        observe.stays_on_device("f", submission.f, draw.normal(9))

    assert verdicts(source, look) == [fine]


def test_the_line_of_the_stray_tensor_is_told() -> None:
    values: list[Any] = []
    observe = Observe(lambda name, value, rule: values.append(value), FILE, 1, "test")
    submission = load("import torch\ndef f(x):\n    return x + torch.arange(3)", FILE, {})
    observe.stays_on_device("f", submission.f, torch.zeros(3))
    assert "line 3" in values[0] and "arange" in values[0]


def test_faster() -> None:
    x = torch.randn(64, 64)

    def slow() -> None:
        for _ in range(50):
            x @ x

    def look(submission: Any, draw: Any, observe: Any) -> None:
        observe.faster("f", slow, lambda: submission.f(x), times=5)

    assert verdicts("def f(x):\n    return x @ x", look) == [True]
    assert verdicts("def f(x):\n    for _ in range(40): x @ x", look) == [False]


def test_work_in_another_thread_counts() -> None:
    x = torch.randn(400, 400)

    def hidden() -> None:
        thread = threading.Thread(target=lambda: [x @ x for _ in range(20)])
        thread.start()
        thread.join()

    assert effort.share(lambda: [x @ x for _ in range(20)], hidden, wanted=0.2) > 0.5


def test_a_coarse_clock_does_not_make_it_endless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one run takes no time by the clock, a few more are tried, not twenty thousand."""
    calls, grain = 0, 0.004

    def run() -> None:
        nonlocal calls
        calls += 1

    for clock in ("thread_time", "process_time"):
        monkeypatch.setattr(effort.time, clock, lambda: calls * 0.0004 // grain * grain)
    assert effort.share(run, run, wanted=2.0) <= 2.0
    assert calls < 200


def test_a_causal_bias_can_be_made_while_operations_are_counted() -> None:
    from torch.nn.attention.bias import causal_lower_right

    q = torch.randn(1, 2, 5, 4)
    with Watch(__file__) as ops:
        out = torch.nn.functional.scaled_dot_product_attention(q, q, q, attn_mask=causal_lower_right(5, 5))
    assert torch.allclose(out, torch.nn.functional.scaled_dot_product_attention(q, q, q, is_causal=True))
    assert ops.intact and ops.largest() == q.numel()


def test_the_functions_of_an_optimizer_are_seen_where_a_rule_must_hold() -> None:
    from torch.optim.sgd import sgd as innocent

    p = torch.zeros(3)
    with Watch(__file__, optimizers=True) as watch:
        innocent([p], [p + 1], [None], weight_decay=0, momentum=0, lr=0.1, dampening=0, nesterov=False, maximize=False)
    found = watch.forbidden(["sgd"])
    assert watch.intact and found is not None and found[0] == "torch.optim.sgd.sgd"
    with Watch(__file__, optimizers=True) as watch:
        sys.setprofile(None)
    assert not watch.intact


def test_a_page_that_speaks_of_cuda_gets_the_gpu_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[bool] = []
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setattr(torch.cuda, "init", lambda: begun.append("CUDA_VISIBLE_DEVICES" not in os.environ))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert child.with_gpu(["x = torch.ones(3)"]) == {} and not begun
    assert child.with_gpu(["torch.cuda.synchronize()"])["trusted"] and begun == [True]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert child.with_gpu(["torch.cuda.synchronize()"]) == {}
