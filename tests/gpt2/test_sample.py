"""The next token is drawn as the options say, and the text comes whole."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from conftest import module

from gpt2 import checkpoint, sample
from gpt2.config import Model
from gpt2.model import GPT
from gpt2.sample import Sampling, filtered, generate, penalize

SHAPE = Model(n_layer=2, n_head=3, n_embd=24, block_size=16, vocab_size=61)
GREEDY = Sampling(tokens=40, temperature=0)


@pytest.fixture(scope="module")
def model() -> GPT:
    torch.manual_seed(5)
    made = GPT(SHAPE).double()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.mul_(8)
    return made.eval()


def by_hand(model: GPT, prompt: list[int], count: int) -> list[int]:
    """Write greedily without a cache, as far as the context reaches."""
    ids = list(prompt)
    for _ in range(count):
        ids.append(int(model(torch.tensor([ids]))[0, -1].argmax()))
    return ids[len(prompt) :]


def column(steps: list[list[int | None]], row: int) -> list[int | None]:
    """Return one row of all steps."""
    return [step[row] for step in steps]


def test_greedy_text_from_the_cache_is_that_without(model: GPT) -> None:
    options = dataclasses.replace(GREEDY, tokens=12)
    assert column(list(generate(model, [[7, 8, 9]], options)), 0) == by_hand(model, [7, 8, 9], 12)


def test_prompts_of_different_lengths_are_as_if_alone(model: GPT) -> None:
    prompts = [[3], [7, 8, 9, 10, 11], [1, 2, 3]]
    steps = list(generate(model, prompts, dataclasses.replace(GREEDY, tokens=10)))
    for row, prompt in enumerate(prompts):
        assert column(steps, row) == by_hand(model, prompt, 10)


def test_text_goes_on_beyond_the_context(model: GPT) -> None:
    steps = column(list(generate(model, [[1, 2, 3], [4]], GREEDY)), 0)
    assert len(steps) == 40 and all(token is not None and 0 <= token < 61 for token in steps)
    assert len(list(generate(model, [list(range(50))], GREEDY))) == 40


def test_the_same_seed_draws_the_same_text_and_another_does_not(model: GPT) -> None:
    texts = [list(generate(model, [[1]], Sampling(tokens=30, temperature=1.5, seed=seed))) for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_top_k_keeps_exactly_k_even_with_ties() -> None:
    kept = filtered(torch.tensor([[1.0, 1.0, 1.0, 0.0]]), top_k=2, top_p=1.0)
    assert torch.isfinite(kept).sum() == 2
    assert torch.equal(filtered(torch.tensor([[1.0, 2.0]]), 0, 1.0), torch.tensor([[1.0, 2.0]]))
    assert torch.equal(filtered(torch.tensor([[1.0, 2.0]]), 9, 1.0), torch.tensor([[1.0, 2.0]]))


@pytest.mark.parametrize(
    ("top_p", "kept"), [(0.4, [0]), (0.5, [0]), (0.6, [0, 2]), (0.85, [0, 1, 2]), (1.0, [0, 1, 2, 3])]
)
def test_top_p_keeps_the_smallest_set_of_that_share(top_p: float, kept: list[int]) -> None:
    shares = torch.tensor([[0.5, 0.15, 0.25, 0.1]])
    found = torch.isfinite(filtered(shares.log(), 0, top_p))[0].nonzero()[:, 0].tolist()
    assert found == kept


def test_a_penalty_lowers_what_was_there_whatever_its_sign() -> None:
    logits = torch.tensor([[2.0, -2.0, 1.0]])
    seen = torch.tensor([[True, True, False]])
    assert penalize(logits, seen, 2.0).tolist() == [[1.0, -4.0, 1.0]]


def test_draws_follow_the_models_shares() -> None:
    shares = torch.tensor([0.5, 0.3, 0.2])
    generator = torch.Generator().manual_seed(0)
    options = Sampling(temperature=1.0, top_k=0)
    drawn = sample.draw(shares.log().expand(30000, 3), options, generator)
    counted = torch.bincount(drawn, minlength=3) / 30000
    assert (counted - shares).abs().max() < 0.015  # five standard deviations


def test_a_stop_token_ends_a_row_and_all_stops_end_the_text(model: GPT) -> None:
    free = column(list(generate(model, [[7, 8]], GREEDY)), 0)
    stop = frozenset([token for token in free[3:4] if token is not None])
    cut = column(list(generate(model, [[7, 8]], GREEDY, stop)), 0)
    assert cut == free[: free.index(next(iter(stop)))]
    steps = list(generate(model, [[7, 8], [9]], GREEDY, stop))
    assert column(steps, 0)[len(cut) :] == [None] * (len(steps) - len(cut))


def test_padding_ids_are_never_drawn() -> None:
    torch.manual_seed(0)
    model = GPT(SHAPE)  # 61 ids in 128 rows
    drawn = [step[0] for step in generate(model, [[1]], Sampling(tokens=300, temperature=100.0, top_k=0))]
    assert max(token for token in drawn if token is not None) < 61 and len(set(drawn)) > 50


@pytest.mark.parametrize(
    ("options", "says"),
    [({"top_p": 0.0}, "top_p"), ({"temperature": -1.0}, "temperature"), ({"samples": 0}, "samples")],
)
def test_wrong_options_are_refused(options: dict[str, float], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        sample.check(dataclasses.replace(Sampling(), **options))  # type: ignore[arg-type]


def test_wrong_prompts_are_refused(model: GPT) -> None:
    for prompts in ([], [[]], [[61]], [[-1]]):
        with pytest.raises(ValueError, match="prompt"):
            list(generate(model, prompts, GREEDY))


def test_the_command_streams_a_text_that_begins_with_the_prompt(trained: Path) -> None:
    done = module("gpt2.sample", trained, "the cat", "tokens=20", "seed=3")
    assert done.returncode == 0 and done.stdout.startswith("the cat") and len(done.stdout) > 20
    assert done.stdout == module("gpt2.sample", trained, "the cat", "tokens=20", "seed=3").stdout
    two = module("gpt2.sample", trained, "", "tokens=5", "samples=2", "temperature=0").stdout
    assert two.startswith("--- 1 ---") and "--- 2 ---" in two


def test_a_text_leaves_the_model_in_its_mode(trained: Path) -> None:
    model, encoding, _ = checkpoint.open_run(trained)
    model.train()
    assert sample.text(model, encoding, "the", Sampling(tokens=5))
    assert model.training
