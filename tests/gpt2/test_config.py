"""Options are read as they are written, and a wrong one is answered with the nearest right one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from conftest import module

from gpt2 import config
from gpt2.config import PRESETS, Training, parse, settle


def test_words_become_options() -> None:
    read = parse(["preset=124M", "max_steps=2e2", "lr=1e-3", "compile=true", "--tokens-per-step=1_024"])
    assert (read.preset, read.max_steps, read.lr, read.compile, read.tokens_per_step) == (
        "124M",
        200,
        1e-3,
        "true",
        1024,
    )


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("max_step=3", "max_steps"), ("preset=124", "124M"), ("preset=NANO", "nano"), ("lr=fast", "a number"),
        ("max_steps=1.5", "a whole number"), ("lr=nan", "a number"), ("max_steps", "NAME=VALUE"), ("lr=-1", "negative"),
        ("compile=perhaps", "auto, true, false"), ("optimizer=adam", "adamw"), ("vocab_size=100", "257"),
        ("zzzzzzzz=1", "one of"), ("max_steps=1e400", "whole number"), ("dropout=1", "below 1"),
    ],
)  # fmt: skip
def test_a_wrong_word_is_answered_with_what_is_near(word: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        parse([word])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("device", ["cpu", "cuda", "mps"])
def test_every_preset_settles_on_every_device(preset: str, device: str) -> None:
    full = settle(parse([f"preset={preset}"]), device)
    assert full.tokens_per_step % (full.micro_batch * full.block_size) == 0
    assert min(full.max_steps, full.lr, full.eval_every, full.save_every, full.warmup_steps) > 0
    assert settle(full, device) == full  # settling again changes nothing: a resumed run keeps its options


def test_the_default_is_nano_on_a_cpu_and_124m_elsewhere() -> None:
    assert [settle(Training(), device).preset for device in ("cpu", "cuda", "mps")] == ["nano", "124M", "124M"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["tokens_per_step=1000"], "nearest is 1024"), (["tokens_per_step=1024", "micro_batch=3"], "2 does"),
        (["n_head=3"], "multiple of n_head"),
    ],
)  # fmt: skip
def test_sizes_that_do_not_fit_are_named(words: list[str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        settle(parse(words), "cpu")


def test_what_was_asked_for_is_kept() -> None:
    full = settle(parse(["dropout=0.2", "sample_every=-1", "clip=0", "warmup_steps=0"]), "cpu")
    assert (full.dropout, full.sample_every, full.clip, full.warmup_steps) == (0.2, -1, 0.0, 0)


def test_forms_get_every_option_with_its_help() -> None:
    listed = config.fields()
    assert [name for name, *_ in listed][:2] == ["preset", "data"]
    assert all(isinstance(default, kind) and says for _, kind, default, says in listed)


def test_a_configuration_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    options = settle(parse(["lr=0.5"]), "cpu")
    shape = config.model_of(options, 300)
    config.save(tmp_path / "config.json", options, shape)
    assert config.load(tmp_path / "config.json") == (options, shape)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ValueError, match="not a readable"):
        config.load(tmp_path / "config.json")
    with pytest.raises(ValueError, match="no run here"):
        config.load(tmp_path / "elsewhere" / "config.json")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("gpt2.train", ["RUN", "presset=nano"]), ("gpt2.train", ["RUN", "data=/nowhere/at/all"]),
        ("gpt2.train", ["RUN", "device=tpu"]), ("gpt2.sample", ["RUN", "hello"]), ("gpt2.evaluate", ["RUN"]),
        ("gpt2.sample", ["RUN", "hello", "temprature=1"]), ("gpt2.weights", ["export", "RUN", "OUT"]),
    ],
)  # fmt: skip
def test_wrong_use_ends_with_one_line_and_exit_2(name: str, arguments: list[str], tmp_path: Path) -> None:
    places = {"RUN": str(tmp_path / "run"), "OUT": str(tmp_path / "out")}
    done = module(name, *(places.get(word, word) for word in arguments))
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_the_desks_modules_load_neither_torch_nor_numpy() -> None:
    import subprocess

    from conftest import environment

    code = "import sys, gpt2.config, gpt2.log, gpt2.health; print({'torch', 'numpy'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
