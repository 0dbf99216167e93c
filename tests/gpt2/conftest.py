"""What the tests of gpt2 share: a small text, a cache of their own, a trained run."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SMALL = ["n_layer=2", "n_head=2", "n_embd=32", "block_size=32", "vocab_size=300", "tokens_per_step=256",
         "micro_batch=4", "device=cpu", "dtype=float32", "threads=1", "eval_tokens=512"]  # fmt: skip


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep every prepared corpus of the tests in a folder of their own."""
    folder = tmp_path_factory.mktemp("cache")
    os.environ["GRADATIM_CACHE"] = str(folder)
    return folder


def sentences(count: int, seed: int = 0) -> str:
    """Write paragraphs of a small language with something to learn in it."""
    rng = random.Random(seed)
    who, does, what = ["the cat", "a dog", "my aunt", "the king"], ["sees", "likes", "finds"], ["fish", "tea", "gold"]
    lines = [f"{rng.choice(who)} {rng.choice(does)} {rng.choice(what)}, and so it goes." for _ in range(count)]
    return "\n\n".join(lines) + "\n"


@pytest.fixture(scope="session")
def text_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text file of some ten thousand tokens."""
    path = tmp_path_factory.mktemp("text") / "small.txt"
    path.write_text(sentences(1500), encoding="utf-8")
    return path


def environment(**more: str) -> dict[str, str]:
    """The environment of a child process that trains on one thread and finds our packages."""
    return os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"} | more


def module(name: str, *arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
    """Run one of our modules as a learner would and return what came of it."""
    return subprocess.run(
        [sys.executable, "-P", "-m", name, *map(str, arguments)],
        env=environment(**more), capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, text_file: Path) -> Path:
    """A run of a very small model that has finished."""
    from gpt2 import train

    run = tmp_path_factory.mktemp("runs") / "trained"
    options = [
        *SMALL,
        f"data={text_file}",
        "max_steps=60",
        "eval_every=20",
        "save_every=20",
        "sample_every=30",
        "lr=1e-2",
    ]
    assert train.main([str(run), *options]) == 0
    return run
