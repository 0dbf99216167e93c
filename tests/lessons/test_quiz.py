"""Every question of every deck is sound, and drawing is repeatable."""

from __future__ import annotations

import random

import pytest
import torch

from graders import quiz
from lessons import Ask

ITEMS = [(deck, name) for deck in quiz.decks() for name in quiz.items(deck)]
WANTED = {
    "03_broadcasting": "align_right bad_broadcast keepdim_trap bmm_broadcast silent_mse shift_invariance lse_range "
    "einsum_read scalar_plus argmax_dim all_masked_row",
    "04_autograd": "leaf accumulate square nonscalar nograd_modes inference_reuse second_backward zero_none "
    "dynamic_graph grad_fn_names partial inplace_version why_none create_graph backward_vs_backprop jvp_vjp",
    "09_training": "order zero_where eval_vs_nograd steplr sched_unit sched_order sched_kinds epoch_def loss_item "
    "adam_sgd fit_vs_loop lr_high_low overfit_first random_labels ckpt_content",
    "20_gpt2": "census shapes batch_tokens birth_loss ten_steps tie_saves init_why sizes keys_149 conv1d "
    "gelu_history pre_norm block_size nice_names last_logits",
}


@pytest.mark.parametrize("deck", WANTED)
def test_no_item_is_missing(deck: str) -> None:
    assert list(quiz.items(deck)) == WANTED[deck].split()


@pytest.mark.parametrize(("deck", "name"), ITEMS, ids=[f"{deck}.{name}" for deck, name in ITEMS])
def test_an_item_is_sound_at_fifty_draws(deck: str, name: str) -> None:
    assert list(dict.fromkeys(quiz._problems(deck, name, 50))) == []


def test_a_draw_is_complete_and_repeatable() -> None:
    one = quiz.draw("03_broadcasting", "align_right", 7)
    assert one == quiz.draw("03_broadcasting", "align-right", 7)
    assert one["id"] == "q03.align-right" and one["headline"].startswith("Shapes line up")
    assert set(one) == {"id", "item", "seed", "text", "code", "choices", "correct", "why", "headline"}
    assert 3 <= len(one["choices"]) <= 4
    assert quiz.formatted(quiz.evaluate(one["code"])) == one["choices"][one["correct"]]


def test_the_right_answer_has_no_favorite_place() -> None:
    places = [quiz.draw("03_broadcasting", "align_right", seed)["correct"] for seed in range(200)]
    assert all(20 < places.count(place) < 100 for place in range(4))


def test_without_item_and_seed_one_is_drawn() -> None:
    assert len({quiz.draw("03_broadcasting", None, seed)["item"] for seed in range(60)}) == 11
    assert quiz.draw("03_broadcasting", None, None)["seed"] >= 0


def test_unknown_names_are_told() -> None:
    with pytest.raises(KeyError, match="03_broadcasting"):
        quiz.draw("99_nothing", None, 1)
    with pytest.raises(KeyError, match="align_right"):
        quiz.draw("03_broadcasting", "nothing", 1)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (torch.Size([3, 4]), "(3, 4)"),
        (torch.Size([3]), "(3,)"),
        (torch.Size([]), "()"),
        (torch.tensor([0.123456, 2.0]), "[0.1235, 2]"),
        (torch.tensor([[1, 2]]), "[[1, 2]]"),
        (torch.tensor(True), "True"),
        (torch.tensor(float("nan")), "nan"),
        (1 / 3, "0.3333"),
        (7, "7"),
        (None, "None"),
        (torch.float32, "torch.float32"),
        ((torch.Size([2]), 0.5), "((2,), 0.5)"),
    ],
)
def test_answers_are_written_as_choices_are(value: object, text: str) -> None:
    assert quiz.formatted(value) == text


def test_code_that_raises_has_the_answer_raises() -> None:
    assert quiz.right_answer(Ask(text="?", code="torch.ones(2) + torch.ones(3)")) == "raises"


@pytest.mark.parametrize("code", ["toch.ones(2)", "x = 1", "1 +"])
def test_a_slip_of_the_author_is_no_answer(code: str) -> None:
    with pytest.raises((NameError, SyntaxError)):
        quiz.right_answer(Ask(text="?", code=code))


def _broken(rng: random.Random) -> Ask:
    """Always the same."""
    return Ask(text="?", code="1 + 1", wrong=("2", "3", "4"), why="w")


def _poor(rng: random.Random) -> Ask:
    """Too few distractors."""
    n = rng.randint(1, 99)
    return Ask(text="?", code=f"{n} + 0", wrong=(str(n), str(n + 1)), why="w")


def _wide(rng: random.Random) -> Ask:
    """A line that no screen holds."""
    n = rng.randint(1, 99)
    return Ask(text="?", code=f"{n} + 0  # {'x' * 90}", wrong=(str(n + 1), str(n + 2)), why="w")


def _bare(rng: random.Random) -> Ask:
    n = rng.randint(1, 99)
    return Ask(text="?", code=f"{n}", wrong=(str(n + 1), str(n + 2)))


@pytest.mark.parametrize(
    ("item", "says"),
    [(_broken, "every draw"), (_poor, "distractors"), (_wide, "columns"), (_bare, "has no why")],
)
def test_prove_finds_what_is_wrong(monkeypatch: pytest.MonkeyPatch, item: quiz.Item, says: str) -> None:
    monkeypatch.setattr(quiz, "items", lambda deck: {"bad": item})
    assert any(says in problem for problem in quiz._problems("03_broadcasting", "bad", 30))


def test_a_fixed_answer_may_be_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    def fixed(rng: random.Random) -> Ask:
        """Declared."""
        return Ask(text="?", code="1 + 1", wrong=("3", "4"), why="w", fixed="it is a constant of nature")

    monkeypatch.setattr(quiz, "items", lambda deck: {"bad": fixed})
    assert list(quiz._problems("03_broadcasting", "bad", 30)) == []


def test_written_causes_are_what_their_code_does() -> None:
    for seed in range(30):
        question = quiz.draw("04_autograd", "why_none", seed)
        assert quiz.evaluate(question["code"]) is None
