"""Text becomes ids and the same text again, whichever vocabulary is here."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from conftest import ROOT, sentences
from hypothesis import given
from hypothesis import strategies as st

from gpt2 import tokens

SHARED = ROOT.parent / "shared" / "data" / "tiktoken"
TRAINED = tokens.train([sentences(300), "naïve café 🐍 \t\n"], 400)


@given(st.text())
def test_every_text_comes_back(text: str) -> None:
    ids = TRAINED.encode_ordinary(text)
    assert TRAINED.decode(ids) == text
    assert all(0 <= token < TRAINED.eot_token for token in ids)


@given(st.text(max_size=60))
def test_a_stream_says_the_same_and_never_half_a_character(text: str) -> None:
    stream = tokens.Stream(TRAINED)
    pieces = [stream.put(token) for token in TRAINED.encode_ordinary(text)]
    assert "".join(pieces) + stream.end() == text
    assert "�" in text or not any("�" in piece for piece in pieces)


def test_bytes_that_are_no_character_are_shown_at_the_end() -> None:
    stream = tokens.Stream(TRAINED)
    first = TRAINED.encode_single_token("🐍".encode()[:1])
    assert stream.put(first) == "" and stream.end() == "�"


def test_the_trained_merges_are_those_that_tokenizers_would_apply() -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    letters = tokens.byte_letters()

    def shown(piece: bytes) -> str:
        return "".join(letters[byte] for byte in piece)

    vocabulary = {shown(piece): rank for rank, piece in enumerate(tokens.ranks_of(TRAINED))}
    pairs = [(shown(left), shown(right)) for left, right in tokens.merges(TRAINED)]
    assert len(pairs) == len(vocabulary) - 256
    theirs = Tokenizer(models.BPE(vocabulary, pairs))
    theirs.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    text = sentences(50, seed=9)
    assert theirs.encode(text).ids == TRAINED.encode_ordinary(text)


def test_training_twice_gives_the_same_tokenizer() -> None:
    again = tokens.train([sentences(300), "naïve café 🐍 \t\n"], 400)
    assert again._mergeable_ranks == TRAINED._mergeable_ranks


def test_a_tokenizer_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    tokens.save(TRAINED, tmp_path)
    read = tokens.load(tmp_path)
    assert (read.n_vocab, read.eot_token, read.name) == (TRAINED.n_vocab, TRAINED.eot_token, TRAINED.name)
    assert read.encode_ordinary("the cat") == TRAINED.encode_ordinary("the cat")
    (tmp_path / "ranks.tiktoken").write_bytes(base64.b64encode(b"a") + b" 0\n")
    with pytest.raises(ValueError, match="has 1 tokens"):
        tokens.load(tmp_path)


def test_a_padded_vocabulary_has_the_size_that_was_asked_for() -> None:
    padded = tokens.train(["one two three"], 1000, pad=True)
    assert (padded.n_vocab, padded.eot_token) == (1000, 999)
    assert padded.decode([998]).startswith("<|unused")
    again = tokens.loads("x", tokens.dumps(padded), 1000)
    assert again.eot_token == 999


def test_nothing_is_downloaded_where_the_cache_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(tokens.tiktoken, "get_encoding", lambda name: pytest.fail("this would download"))
    with pytest.raises(ValueError, match="not on this machine"):
        tokens.gpt2()
    for name in ("6d1cbeee0f20b3d9449abfede4726ed8212e3aee", "6c7ea1a7e38e3a7f062df639a5b80947f075ffe6"):
        (tmp_path / name).write_text("damaged")
    assert tokens.gpt2_cache() is None


@pytest.mark.skipif(not SHARED.is_dir(), reason="GPT-2's vocabulary is not on this machine")
def test_gpt2s_own_vocabulary_is_found_and_goes_through_our_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(SHARED.resolve()))
    own = tokens.gpt2()
    text = "Hello, I'm a language model,"
    assert own.encode_ordinary(text) == [15496, 11, 314, 1101, 257, 3303, 2746, 11]
    tokens.save(own, tmp_path)
    read = tokens.load(tmp_path)
    assert (read.n_vocab, read.eot_token) == (50257, 50256)
    assert read.encode_ordinary(text) == own.encode_ordinary(text)
