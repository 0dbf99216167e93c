"""The learning rate takes its course, and only matrices decay."""

from __future__ import annotations

import dataclasses
import math
from itertools import pairwise

import pytest
import torch

from gpt2 import optim
from gpt2.config import Model, Training, parse, settle
from gpt2.model import GPT

OPTIONS = dataclasses.replace(
    settle(parse(["lr=1", "optimizer=adamw"]), "cpu"), warmup_steps=10, max_steps=110, min_lr=0.1
)
SHAPE = Model(n_layer=2, n_head=2, n_embd=16, block_size=8, vocab_size=40)


def test_the_rate_rises_turns_and_ends_at_its_floor() -> None:
    rates = [optim.rate(step, OPTIONS) for step in range(1, 112)]
    assert rates[0] == pytest.approx(0.1) and rates[9] == 1.0 == rates[10] == max(rates)
    assert rates[60] == pytest.approx(0.55)
    assert rates[110] == pytest.approx(0.1)
    assert all(a < b for a, b in pairwise(rates[:10]))
    assert all(a > b for a, b in pairwise(rates[10:110]))
    assert optim.rate(1, dataclasses.replace(OPTIONS, warmup_steps=0)) == 1


def test_only_matrices_decay_and_every_parameter_is_in_one_group() -> None:
    model = GPT(SHAPE)
    decayed, free = optim.groups(model.named_parameters(), 0.1)
    assert decayed["weight_decay"] == 0.1 and free["weight_decay"] == 0.0
    assert all(p.dim() == 2 for p in decayed["params"]) and all(p.dim() == 1 for p in free["params"])
    assert len(decayed["params"]) == 2 + 4 * 2 and len(free["params"]) == 2 * 8 + 2
    ids = [id(p) for group in (decayed, free) for p in group["params"]]
    assert sorted(ids) == sorted(id(p) for p in model.parameters())


@pytest.mark.skipif(not hasattr(torch.optim, "Muon"), reason="Muon came with torch 2.9")
def test_muon_takes_the_blocks_matrices_and_no_embedding() -> None:
    model = GPT(SHAPE)
    muon, adamw = optim.optimizers(model, dataclasses.replace(OPTIONS, optimizer="muon"))
    hidden = {id(p) for group in muon.param_groups for p in group["params"]}
    assert hidden == {id(p) for name, p in model.named_parameters() if ".h." in name and p.dim() == 2}
    rest = {id(p) for group in adamw.param_groups for p in group["params"]}
    assert hidden | rest == {id(p) for p in model.parameters()} and not hidden & rest


@pytest.mark.parametrize("name", ["adamw", "muon"])
def test_an_optimizers_memory_comes_back(name: str) -> None:
    options = dataclasses.replace(OPTIONS, optimizer=name, lr=1e-2)
    models = [GPT(SHAPE), GPT(SHAPE)]
    models[1].load_state_dict(models[0].state_dict())
    made = [optim.optimizers(model, options) for model in models]
    idx = torch.randint(40, (2, 9))

    def step(i: int) -> None:
        models[i](idx[:, :-1], idx[:, 1:]).backward()
        for optimizer in made[i]:
            optimizer.step()
            optimizer.zero_grad()

    step(0)
    step(0)
    models[1].load_state_dict(models[0].state_dict())
    optim.restore(models[1], made[1], optim.state(models[0], made[0]))
    step(0)
    step(1)
    assert all(torch.equal(a, b) for a, b in zip(models[0].parameters(), models[1].parameters(), strict=True))


def test_another_optimizers_memory_is_refused() -> None:
    model = GPT(SHAPE)
    adamw = optim.optimizers(model, OPTIONS)
    with pytest.raises(ValueError, match="another optimizer"):
        optim.restore(model, adamw, {"transformer.h.0.attn.c_attn.weight/momentum_buffer": torch.zeros(48, 16)})
    with pytest.raises(ValueError, match="not here"):
        optim.restore(model, adamw, {"transformer.x/exp_avg": torch.zeros(1)})


def test_the_defaults_are_gpt2s() -> None:
    options = Training()
    assert (options.beta1, options.beta2, options.weight_decay, options.clip) == (0.9, 0.95, 0.1, 1.0)


@pytest.mark.parametrize("longest", [0.5, 1e4, math.inf])
def test_gradients_are_clipped_as_torch_does_it(longest: float) -> None:
    torch.manual_seed(0)
    ours, theirs = ([torch.nn.Parameter(torch.zeros(s)) for s in ((70, 50), (3,), (2, 4, 3), (6,))] for _ in range(2))
    for p, q in zip(ours[:-1], theirs[:-1], strict=True):  # the last has no gradient
        p.grad = torch.randn(p.shape)
        q.grad = p.grad.clone()
    length = optim.clip_(iter(ours), longest)
    torch.testing.assert_close(length, torch.nn.utils.clip_grad_norm_(theirs, longest))
    for p, q in zip(ours[:-1], theirs[:-1], strict=True):
        torch.testing.assert_close(p.grad, q.grad)
    assert ours[-1].grad is None
    assert optim.clip_([], 1.0) == 0
    ours[0].grad = torch.full_like(ours[0], math.inf)
    assert optim.clip_(ours, 1.0) == math.inf, "told, not hidden"


def test_a_long_gradient_is_measured_to_five_digits() -> None:
    p = torch.nn.Parameter(torch.zeros(8_000_000))
    p.grad = torch.randn(len(p), generator=torch.Generator().manual_seed(0))
    exact = float(p.grad.double().norm())
    assert float(optim.clip_([p], math.inf)) == pytest.approx(exact, rel=1e-5)
