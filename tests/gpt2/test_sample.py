"""The next token is drawn as the options say, and the text comes whole."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from conftest import environment, module

from exercises import exercise
from gpt2 import checkpoint, choices, config, decode, parts, sample
from gpt2.config import Model, Sampling
from gpt2.decode import filtered, generate, penalize
from gpt2.model import GPT

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
    uniform = torch.rand(30000, generator=torch.Generator().manual_seed(0))
    drawn = decode.draw(shares.log().expand(30000, 3), Sampling(temperature=1.0, top_k=0), uniform)
    counted = torch.bincount(drawn, minlength=3) / 30000
    assert (counted - shares).abs().max() < 0.015  # five standard deviations


def test_no_share_of_nothing_is_picked_at_either_end() -> None:
    shares = torch.tensor([[0.0, 0.25, 0.0, 0.75, 0.0]]).expand(4, 5)
    uniform = torch.tensor([0.0, 0.25 - 2**-24, 0.25, 1 - 2**-24])
    assert decode.pick(shares, uniform).tolist() == [1, 1, 3, 3]


@pytest.mark.parametrize("words", [{"top_k": 5}, {"top_k": 0, "top_p": 0.7}, {"top_k": 7, "top_p": 0.8}])
def test_the_learners_filters_draw_what_ours_draw(model: GPT, words: dict[str, float]) -> None:
    file = parts.from_file("filters", exercise("logit_filters").folder / "answer.py", "")
    options = Sampling(tokens=25, temperature=2.0, repetition_penalty=1.2, **words)  # type: ignore[arg-type]
    ours = list(generate(model, [[1], [2, 3]], options))
    assert list(generate(model, [[1], [2, 3]], options, filters=decode.Theirs(file))) == ours


def test_a_look_at_each_draw_sees_what_it_was_drawn_from(model: GPT) -> None:
    looks = []

    def look(step: decode.Step) -> None:
        looks.append((step.logits[1].clone(), step.shares(1), int(step.ids[1, 0])))

    options = Sampling(tokens=12, temperature=1.5, top_k=4, repetition_penalty=1.3)
    drawn = column(list(generate(model, [[1], [2, 3]], options, look=look)), 1)
    assert [token for _, _, token in looks] == drawn
    for logits, shares, token in looks:
        assert (shares > 0).sum() == 4 and shares[token] > 0 and shares.sum() == pytest.approx(1)
        assert logits.shape == (61,)
    torch.testing.assert_close(looks[0][0], model(torch.tensor([[2, 3]]))[0, -1].detach(), rtol=1e-9, atol=1e-9)


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
    [
        ({"top_p": 0.0}, "top_p"),
        ({"temperature": -1.0}, "temperature"),
        ({"samples": 0}, "samples"),
        ({"precision": "int9"}, "did you mean int8"),
        ({"choices": 0}, "choices"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        config.sampling([f"{name}={value}" for name, value in options.items()])


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


def test_the_table_and_the_lines_tell_of_the_same_tokens(trained: Path) -> None:
    words = (trained, "the cat", "tokens=12", "seed=3", "choices=3", "temperature=1.2")
    plain = module("gpt2.sample", *words).stdout
    lines = [json.loads(line) for line in module("gpt2.sample", *words, "--json").stdout.splitlines()]
    assert [line["event"] for line in lines] == ["start", *["token"] * 12, "end"]
    assert lines[0]["version"] == 1 and lines[0]["step"] == 60 and lines[-1]["reason"] == "length"
    assert "the cat" + "".join(line["text"] for line in lines[1:]) == plain.removesuffix("\n")
    for line in lines[1:-1]:
        shares = [choice["share"] for choice in line["top"]]
        assert len(shares) == 3 and shares == sorted(shares, reverse=True) and 0 < sum(shares) <= 1.0001
        assert line["drawn"] > 0 and (line["rank"] > 3) == (line["id"] not in [c["id"] for c in line["top"]])
    table = module("gpt2.sample", *words, "--top").stdout.splitlines()
    assert len(table) == 13 and "likeliest" in table[0]
    for row, line in zip(table[1:], lines[1:-1], strict=True):
        assert f"{line['share']:.1%}" in row and choices.quoted(line["token"]) in row


def test_requests_are_answered_one_after_another_and_a_new_one_ends_the_last(trained: Path) -> None:
    command = [sys.executable, "-P", "-m", "gpt2.sample", str(trained), "--json"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment()) as process:
        assert process.stdin is not None and process.stdout is not None

        def ask(**request: object) -> None:
            assert process.stdin is not None
            print(json.dumps(request), file=process.stdin, flush=True)

        def events(number: int) -> list[dict[str, object]]:
            found: list[dict[str, object]] = []
            while not found or found[-1]["event"] not in ("end", "error"):
                assert process.stdout is not None
                found.append(json.loads(process.stdout.readline()))
            assert {event["request"] for event in found} == {number}
            return found

        ask(request=1, prompt="the", options=["tokens=3"])
        assert len(events(1)) == 5
        ask(request=2, prompt="the", options=["top_k=x"])
        (error,) = events(2)
        assert error["event"] == "error" and "whole number" in str(error["message"])
        ask(request=3, prompt="the", options=["tokens=1000000", "stop=false"])
        assert json.loads(process.stdout.readline())["event"] == "start"
        ask()
        assert events(3)[-1]["reason"] == "stopped"
        ask(request=4, prompt="", options=["tokens=1", "precision=int8"])
        start = events(4)[0]
        assert "off those of float32" in str(start["notes"])
        process.stdin.close()
        assert process.wait(20) == 0


def test_choices_want_one_text(trained: Path) -> None:
    done = module("gpt2.sample", trained, "the", "samples=2", "--top")
    assert done.returncode == 2 and "one text at a time" in done.stderr and done.stdout == ""
    assert module("gpt2.sample", trained).returncode == 2


def test_a_text_leaves_the_model_in_its_mode(trained: Path) -> None:
    model, encoding, _ = checkpoint.open_run(trained)
    model.train()
    assert sample.text(model, encoding, "the", Sampling(tokens=5))
    assert model.training


# --- what a terminal may do to it ------------------------------------------------------------------


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a full disk to write to is Linux's")
def test_a_full_disk_and_a_reader_who_leaves_are_no_tracebacks(trained: Path) -> None:
    command = [sys.executable, "-P", "-m", "gpt2.sample", str(trained), "the cat", "tokens=900"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, env=environment(), stdout=full, stderr=subprocess.PIPE, text=True, timeout=120)
    assert done.returncode == 2 and done.stderr == "gpt2.sample: No space left on device\n"
    process = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr.read() == b"" and process.wait(timeout=120) == 0


def test_more_texts_than_fit_are_a_sentence(
    trained: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 90 GiB.\nmore")

    monkeypatch.setattr("gpt2.decode.Cache", full)
    assert sample.main([str(trained), "the cat", "samples=9"]) == 1
    assert capsys.readouterr().err.endswith("Tried to allocate 90 GiB.; try fewer samples, or precision=bfloat16\n")
