"""Weights that are laid out anew are the same weights."""

from __future__ import annotations

import copy

import torch

from gpt2 import layout
from gpt2.config import Model, Sampling
from gpt2.decode import generate
from gpt2.model import GPT

SMAPS = """\
5601aa000000-5601aa200000 rw-p 00000000 00:00 0                          [heap]
Size:               2048 kB
Rss:                2048 kB
Pss:                2048 kB
7f0000000000-7f0000400000 rw-p 00000000 00:00 0
Rss:                3700 kB
7f1000000000-7f1000400000 rw-p 00000000 00:00 0
Rss:                3600 kB
7f2000000000-7f2000400000 r--p 00000000 fd:00 1234                       /usr/lib/libc.so.6
Rss:                4096 kB
7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0                          [stack]
Rss:                 132 kB
"""


def test_values_shapes_and_sharing_stay() -> None:
    torch.manual_seed(0)
    model = GPT(Model(n_layer=2, n_head=3, n_embd=24, block_size=16, vocab_size=61)).eval()
    kept = copy.deepcopy(model)
    layout.lay_out(model)
    for (name, new), old in zip(model.named_parameters(), kept.parameters(), strict=True):
        assert torch.equal(new, old), name
    weight = model.transformer.h[0].mlp.c_fc.weight
    assert weight.shape == (96, 24) and weight.stride() == (1, 96), "the weights of one input lie side by side"
    assert model.lm_head.weight is model.transformer.wte.weight
    idx = torch.randint(61, (2, 9))
    torch.testing.assert_close(model(idx), kept(idx))
    options = Sampling(tokens=30, temperature=0)
    assert list(generate(model, [[1, 2]], options)) == list(generate(kept, [[1, 2]], options))


def test_an_area_is_writable_and_as_large_as_asked_for() -> None:
    for size in (1, 4096, layout.PAGE + 3):
        memory = layout.area(size)
        assert memory.shape == (size,) and memory.dtype == torch.uint8
        memory.fill_(7)
        assert int(memory[-1]) == 7


def test_only_filled_private_memory_is_gathered() -> None:
    assert [f"{a:x} {b:x}" for a, b in layout.filled(SMAPS)] == [
        "5601aa000000 5601aa200000", "7f0000000000 7f0000400000",
    ]  # fmt: skip


def test_gathering_changes_nothing_that_is_stored() -> None:
    held = torch.arange(3 * layout.PAGE, dtype=torch.int32)
    assert layout.gather() >= 0
    assert torch.equal(held, torch.arange(3 * layout.PAGE, dtype=torch.int32))
