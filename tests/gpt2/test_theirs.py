"""The learner's loader, sampler, model and tokenizer, asked as a run asks ours."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from conftest import SMALL, sentences

from exercises import exercise
from gpt2 import corpus, equal, parts, tokens, train, vocabulary
from gpt2.batches import Pair
from gpt2.config import Model, Sampling
from gpt2.log import read
from gpt2.model import GPT
from gpt2.theirs import Steps, Whole, continued, in_order

SHAPE = Model(n_layer=2, n_head=2, n_embd=32, block_size=16, vocab_size=200)


def answer(name: str, kind: str = "answer") -> ModuleType:
    """What an exercise's reference, or its second honest way, defines."""
    made = ModuleType(name)
    exec(exercise(name).text(f"{kind}.py"), made.__dict__)
    return made


# --- the loader ------------------------------------------------------------------------------------


class InOrder:
    """A loader as the exercise has it, which counts what it is asked."""

    def __init__(self, tokens: torch.Tensor, B: int, T: int) -> None:
        self.tokens, self.B, self.T, self.step, self.asked = tokens, B, T, 0, 0

    def next_batch(self) -> Pair:
        width = self.B * self.T
        at = self.step % ((len(self.tokens) - 1) // width) * width
        self.step, self.asked = self.step + 1, self.asked + 1
        row = self.tokens[at : at + width + 1]
        return row[:-1].view(self.B, self.T), row[1:].view(self.B, self.T)

    def reset(self) -> None:
        self.step = 0


@pytest.mark.parametrize("world", [1, 2, 4])
@pytest.mark.parametrize("micro", [1, 2])
def test_a_learners_loader_serves_the_same_step_to_any_number_of_ranks(world: int, micro: int) -> None:
    ids, block, windows = torch.arange(1000), 5, 8
    ranks = [Steps(InOrder, ids, windows * block, block) for _ in range(world)]
    for step in [*range(40), 3, 4, 30]:  # more than one epoch, then back, as a resumed run goes
        rows = []
        for piece in range(windows // (micro * world)):
            offset = step * windows * block + piece * micro * world * block
            pairs = [steps.get(offset, micro, rank, world) for rank, steps in enumerate(ranks)]
            assert all(torch.equal(x + 1, y) and x.shape == (micro, block) for x, y in pairs)
            rows += [x for x, _ in pairs]
        first = step % 24 * windows * block
        assert sorted(torch.cat(rows).flatten().tolist()) == list(range(first, first + windows * block))


def test_a_learners_loader_is_asked_once_a_step_while_the_run_goes_forward() -> None:
    steps = Steps(InOrder, torch.arange(1000), 40, 5)
    for offset in range(0, 400, 10):
        steps.get(offset, 2)
    assert steps.loader.asked == 10
    steps.get(200, 2)  # step 5 again: five to skip, one to serve
    assert steps.loader.asked == 16


def test_documents_come_whole_and_in_a_seeded_order() -> None:
    ids = np.array([9, 1, 2, 9, 3, 9, 9, 4, 5, 6], dtype=np.uint16)
    orders = {tuple(in_order(ids, 9, seed).tolist()) for seed in range(40)}
    assert len(orders) > 10 and in_order(ids, 9, 3).dtype == torch.int64
    for order in orders:
        text = " ".join(map(str, order))
        assert sorted(order) == sorted(ids.tolist()) and order[0] == 9
        assert sorted(part.strip() for part in text.split("9")[1:]) == ["", "1 2", "3", "4 5 6"]
    assert in_order(ids[1:], 9, 0).tolist().count(9) == 3  # what comes before the first mark is a document, too


# --- the model -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["gpt_model", "weight_tying", "cached_generate"])
@pytest.mark.parametrize("kind", ["answer", "other"])
def test_a_learners_gpt_puts_the_runs_own_pieces_together(name: str, kind: str) -> None:
    model = GPT(SHAPE).double().train()
    names, ids = set(model.state_dict()), {id(p) for p in model.parameters()}
    with torch.no_grad():
        for p in model.parameters():
            p.normal_(std=0.3, generator=torch.Generator().manual_seed(p.numel()))
    idx = torch.randint(200, (3, 17), generator=torch.Generator().manual_seed(1))
    losses, grads = [], []
    for own in (None, answer(name, kind).GPT):
        if own is not None:
            model.whole = Whole(own, model)
        loss = model(idx[:, :-1], idx[:, 1:])
        loss.backward()
        losses.append(float(loss.detach()))
        grads.append({n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None})
        model.zero_grad(set_to_none=True)
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)
    for n, want in grads[0].items():
        torch.testing.assert_close(grads[1][n], want, rtol=1e-9, atol=1e-12)
    assert set(model.state_dict()) == names and {id(p) for p in model.parameters()} == ids


def test_a_learners_gpt_serves_training_alone() -> None:
    model = GPT(SHAPE)
    model.whole = lambda idx, targets: torch.tensor(-1.0)
    idx = torch.zeros(1, 4, dtype=torch.long)
    assert float(model.train()(idx, idx)) == -1
    assert model(idx).shape == (1, 4, 200)
    assert float(model.eval()(idx, idx).detach()) > 0


def test_a_learners_gpt_calls_compiled_blocks_in_the_runs_precision() -> None:
    model = GPT(SHAPE).train()
    model.compute_dtype = torch.bfloat16
    seen: list[torch.dtype] = []

    def block(x: torch.Tensor) -> torch.Tensor:
        seen.append(x.dtype)
        return x

    model.compiled = (block, block)
    loss = Whole(answer("gpt_model").GPT, model)(
        torch.zeros(1, 4, dtype=torch.long), torch.ones(1, 4, dtype=torch.long)
    )
    assert seen == [torch.bfloat16] * 2 and loss.dtype == torch.float32


# --- the sampler -----------------------------------------------------------------------------------


def test_what_a_learners_sampler_wrote_ends_before_the_end() -> None:
    model, asked = GPT(SHAPE).eval(), {}

    def generate(model: torch.nn.Module, idx: torch.Tensor, *how: object) -> torch.Tensor:
        asked["how"] = how[:5]
        logits, loss = model(idx)
        assert logits.shape == (1, 3, 200) and loss is None
        return torch.tensor([[*idx[0].tolist(), 7, 8, 199, 199]])

    options = Sampling(tokens=4, temperature=0.5, top_k=0, top_p=1.0)
    assert continued(generate, model, [1, 2, 3], options, 199) == [7, 8]
    assert asked["how"] == (4, 0.5, None, None, 199)
    through = Sampling(tokens=4, top_k=9, top_p=0.5, stop=False)
    assert continued(generate, model, [1, 2, 3], through, 199) == [7, 8, 199, 199]
    assert asked["how"] == (4, 0.8, 9, 0.5, None)


# --- the tokenizer ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["answer", "other"])
def test_a_learners_merges_make_a_vocabulary(kind: str, text_file: Path) -> None:
    file = answer("special_tokens", kind)
    made = vocabulary.learned(file, kind * 12, str(text_file), 290, False)
    assert made.name.startswith(vocabulary.MARK) and made.n_vocab == 290
    theirs = file.RegexBPE(tokens.PATTERN)
    text = "\n\n".join(d.text for d in corpus.load(str(text_file)) if d.split == "train")
    theirs.train(vocabulary.excerpts(text)[0], 289)
    theirs.register({tokens.END_OF_TEXT: 289})
    assert theirs.encode("my aunt likes tea 🐍", "none") == made.encode_ordinary("my aunt likes tea 🐍")
    again = vocabulary.learned(ModuleType("unasked"), kind * 12, str(text_file), 290, False)  # found done
    assert again._mergeable_ranks == made._mergeable_ranks


TOKENIZERS = {
    "the rarest pair": ("best = max(counts", "best = min(counts", "not the most frequent"),
    "one merge too few": ("range(256, vocab_size)", "range(256, vocab_size - 1)", "19 merges where 20"),
    "merges in another order": ("min(known, key", "max(known, key", "encode differs"),
    "specials dropped": ("[self.special[part]] if part in names", "[] if part in names", "end of text differs"),
    "reads it as Latin-1": ('.decode("utf-8", errors="replace")', '.decode("latin-1")', "decode differs"),
}  # fmt: skip


@pytest.mark.parametrize("what", TOKENIZERS)
def test_a_wrong_tokenizer_is_refused_with_the_reason(what: str, text_file: Path) -> None:
    old, new, says = TOKENIZERS[what]
    source = exercise("special_tokens").text("answer.py")
    assert old in source
    file = ModuleType(what)
    exec(source.replace(old, new), file.__dict__)
    with pytest.raises(equal.Refused, match=says):
        vocabulary.learned(file, what * 12, str(text_file), 300, False)


def test_a_tokenizer_that_would_take_too_long_is_refused_before_it_does(
    text_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vocabulary, "LONGEST", 1e-6)
    with pytest.raises(equal.Refused, match="its 743 merges would take"):
        vocabulary.learned(answer("special_tokens"), "slow" * 12, str(text_file), 1000, False)


def test_merges_that_a_vocabulary_cannot_hold_are_refused() -> None:
    assert vocabulary.ranks([(97, 98), (256, 99)])[b"abc"] == 257
    with pytest.raises(equal.Refused, match="the same bytes"):
        vocabulary.ranks([(97, 98), (98, 99), (256, 99), (97, 257)])
    with pytest.raises(equal.Refused, match="no pair of ids"):
        vocabulary.ranks([(97, 256)])


def test_what_is_read_of_a_long_text_is_spread_over_it() -> None:
    text = sentences(20_000)
    read, held = vocabulary.excerpts(text)
    assert len(read) == vocabulary.READ and len(held) == vocabulary.HELD and read[-1000:] in text[-20_000:]
    short = vocabulary.excerpts("abc" * 10_000)
    assert len(short[0]) + len(short[1]) == 30_000


def test_a_run_on_the_learners_vocabulary_goes_on_with_it(tmp_path: Path, text_file: Path) -> None:
    from test_parts import answer as text
    from test_parts import choose

    choose(tmp_path, text("special_tokens"), slot="tokenizer")
    words = [*SMALL, f"data={text_file}", "sample_every=2", "eval_every=2", "save_every=2"]
    assert train.main([str(tmp_path), *words, "max_steps=2"]) == 0
    assert train.main([str(tmp_path), *words, "max_steps=4"]) == 0
    records = read(tmp_path / "log.jsonl")[0]
    assert records[0]["parts"]["tokenizer"] == "yours" and "yours has learned" in records[0]["tokenizer"]
    resumed = next(record for record in records if "resumed" in record.get("message", ""))
    assert resumed["parts"]["tokenizer"] == "yours"
    assert tokens.load(tmp_path / "tokenizer").name.startswith(vocabulary.MARK)


def test_a_tokenizer_is_not_asked_where_there_are_ids(tmp_path: Path, text_file: Path) -> None:
    from test_parts import answer as text
    from test_parts import choose

    choose(tmp_path, text("special_tokens"), slot="tokenizer")
    options = train.Training(tokenizer="gpt2", data=str(text_file))
    made, reasons = parts.vocabulary(tmp_path, options, train.World())
    assert made is None and "GPT-2's own vocabulary" in reasons["tokenizer"]
