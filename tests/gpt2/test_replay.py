"""A step that a CUDA graph can replay: the same text, the same addresses, the same operations each time."""

from __future__ import annotations

import contextlib
import dataclasses
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

from gpt2 import replay
from gpt2.config import Model, Sampling
from gpt2.decode import Step, generate
from gpt2.model import GPT, Cache
from gpt2.replay import FixedCache, Replays

SHAPE = Model(n_layer=2, n_head=3, n_embd=24, block_size=20, vocab_size=61)
DRAWN = Sampling(tokens=30, temperature=1.3, top_k=9, top_p=0.9, repetition_penalty=1.2)


@pytest.fixture(scope="module")
def model() -> GPT:
    torch.manual_seed(5)
    made = GPT(SHAPE).double()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.mul_(8)
    return made.eval()


def fixed(made: list[Step]) -> Replays:
    """All but the graph: the step at fixed addresses, run by Python; `made` collects the captures."""

    def capture(step: Step) -> Step:
        made.append(step)
        return step

    return Replays(capture)


@pytest.mark.parametrize("prompts", [[[7]], [[7, 8, 9]], [[1], [2, 3, 4, 5, 6], [7, 8]], [list(range(19)), [3]]])
@pytest.mark.parametrize("options", [Sampling(tokens=30, temperature=0), DRAWN])
def test_the_text_is_that_of_the_plain_way(model: GPT, prompts: list[list[int]], options: Sampling) -> None:
    made: list[Step] = []
    plain = list(generate(model, prompts, options))
    assert list(generate(model, prompts, options, steps=fixed(made))) == plain
    assert len(made) == 1 and len(plain) == 30  # beyond the context of 20: read anew into the same cache


def test_a_capture_serves_every_text_of_its_batch_size(model: GPT) -> None:
    made: list[Step] = []
    steps = fixed(made)
    for prompts in ([[1]], [[2, 3, 4]], [[5]]):
        options = dataclasses.replace(DRAWN, seed=len(prompts[0]))
        assert list(generate(model, prompts, options, steps=steps)) == list(generate(model, prompts, options))
    assert len(made) == 1
    list(generate(model, [[1], [2]], DRAWN, steps=steps))
    list(generate(model, [[1]], dataclasses.replace(DRAWN, top_k=3), steps=steps))
    assert len(made) == 3
    for k in range(10, 10 + replay.KEPT):
        list(generate(model, [[1]], dataclasses.replace(DRAWN, top_k=k), steps=steps))
    assert len(steps.kept) == replay.KEPT


class Recorder(TorchDispatchMode):
    """Writes down every operation, with the shapes that it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, Any]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        shapes = tree_map(lambda a: tuple(a.shape) if isinstance(a, torch.Tensor) else str(a), args)
        self.calls.append((str(func), shapes))
        return func(*args, **(kwargs or {}))


def test_a_step_is_the_same_operations_at_the_same_places_each_time(model: GPT) -> None:
    """What a capture wants; the plain cache, beside it, shows that the recorder would notice."""
    step = Step(model, FixedCache(SHAPE, 2, 16, torch.device("cpu"), torch.float64), DRAWN)
    held = [step.ids, step.uniform, step.seen, step.cache.memory, step.cache.at, step.cache.mask]  # type: ignore[attr-defined]
    places = [tensor.data_ptr() for tensor in held]
    records = []
    with torch.no_grad():
        for _ in range(4):
            with Recorder() as recorder:
                step()
            records.append(recorder.calls)
    assert records[0] == records[1] == records[2] == records[3] and len(records[0]) > 50
    assert [tensor.data_ptr() for tensor in held] == places
    names = {name for name, _ in records[0]}
    through_the_host = {"aten._local_scalar_dense.default", "aten.nonzero.default", "aten.lift_fresh.default"}
    assert not names & through_the_host
    assert step.cache.at.tolist() == step.cache.lengths == [4, 4]  # type: ignore[attr-defined]
    plain = Step(model, Cache(SHAPE, 2, 16, torch.device("cpu"), torch.float64), DRAWN)
    with torch.no_grad(), Recorder() as first:
        plain()
    with torch.no_grad(), Recorder() as second:
        plain()
    assert first.calls != second.calls


def test_without_cuda_the_plain_way_is_taken_and_the_reason_kept(model: GPT) -> None:
    steps = Replays()
    assert list(generate(model, [[1]], DRAWN, steps=steps)) == list(generate(model, [[1]], DRAWN))
    assert "this is cpu" in steps.reason and not steps.kept


def test_the_capture_warms_up_begins_anew_and_records_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The order of its calls, on stand-ins: what CUDA does with them only a GPU can show."""
    order: list[str] = []

    class Graph:
        def replay(self) -> None:
            order.append("replay")

    @contextlib.contextmanager
    def within(name: str) -> Any:
        order.append(f"{name} {{")
        yield
        order.append("}")

    stream = SimpleNamespace(wait_stream=lambda other: order.append("wait"))
    monkeypatch.setattr(torch.cuda, "CUDAGraph", Graph)
    monkeypatch.setattr(torch.cuda, "Stream", lambda device: stream)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: stream)
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: within("side"))
    monkeypatch.setattr(torch.cuda, "graph", lambda graph: within("graph"))

    class Stand:
        ids = SimpleNamespace(device=SimpleNamespace(type="cuda"))
        cache = FixedCache(SHAPE, 2, 16, torch.device("cpu"), torch.float32)
        logits = lowered = torch.zeros(1)

        def __call__(self) -> None:
            order.append("step")
            self.cache.advance(1)
            self.logits = self.lowered = torch.zeros(2, 61)

    step: Any = Stand()
    again = replay.capture(step)
    assert order == ["wait", "side {", "step", "step", "step", "}", "wait", "graph {", "step", "}"]
    captured = step.logits
    step.cache.begin([5, 3])
    step.logits = torch.ones(2, 61)  # as a prompt leaves it
    again()
    assert order[-1] == "replay" and step.logits is captured
    assert step.cache.lengths == [6, 4] and step.cache.at.tolist() == [5, 3]  # the device counts for itself
