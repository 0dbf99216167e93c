"""Bytes in place of floats: near the exact products, near the exact logits, and said how near."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from conftest import module

from gpt2 import checkpoint, quantize, sample
from gpt2.config import Model, Sampling
from gpt2.decode import generate
from gpt2.model import GPT


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_rounding_is_off_by_half_a_step_at_most() -> None:
    weight = drawn(5, 40) * torch.tensor([1.0, 1e-3, 50.0, 1.0, 0.0])[:, None]
    q, scale = quantize.rounded(weight)
    assert q.dtype == torch.int8 and q.shape == (5, 40) and scale.shape == (5,)
    assert ((q * scale[:, None] - weight).abs() <= scale[:, None] / 2 * 1.001).all()
    assert (q.abs().amax(1)[:4] == 127).all() and not q[4].any()


@pytest.mark.parametrize("name", quantize.PRODUCTS)
@pytest.mark.parametrize("rows", [1, 6])
def test_every_product_that_works_here_is_near_the_exact_one(name: str, rows: int) -> None:
    weight, bias, x = drawn(96, 64, seed=1), drawn(96, seed=2), 3 * drawn(rows, 64, seed=3)
    weight[7] = 0
    try:
        product = quantize.PRODUCTS[name](*quantize.rounded(weight), bias)
        got = product(x)
    except RuntimeError as error:
        pytest.skip(f"not on this processor: {error}")
    want = F.linear(x, weight, bias)
    assert got.shape == want.shape and got.dtype == torch.float32
    assert (got - want).norm() / want.norm() < 0.015
    assert torch.allclose(got[:, 7], bias[7], atol=0.02)
    bare = quantize.PRODUCTS[name](*quantize.rounded(weight), None)(x)
    assert (bare - (want - bias)).norm() / (want - bias).norm() < 0.015


def test_the_hand_written_product_multiplies_whole_numbers() -> None:
    q = torch.tensor([[1, -2, 127], [100, 0, -127]], dtype=torch.int8)
    scale = torch.tensor([0.5, 2.0])
    x = torch.tensor([[127.0, 3.0, -127.0], [0.0, 0.0, 0.0]])
    got = quantize.by_hand(q, scale, None)(x)
    assert torch.allclose(got, (x @ q.float().T) * scale, rtol=1e-6)


def test_the_fastest_that_works_is_taken_and_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert quantize.fastest(64, 96) in quantize.PRODUCTS

    def missing(*_: object) -> quantize.Product:
        raise RuntimeError("not implemented for this processor")

    def wrong(q: torch.Tensor, scale: torch.Tensor, bias: torch.Tensor | None) -> quantize.Product:
        return lambda x: torch.zeros(len(x), len(q))  # the quickest of all

    monkeypatch.setattr(quantize, "PRODUCTS", {"no": missing, "wrong": wrong, "by hand": quantize.by_hand})
    assert quantize.fastest(64, 96) == "by hand"
    monkeypatch.setattr(quantize, "PRODUCTS", {"no": missing, "wrong": wrong})
    with pytest.raises(ValueError, match="float32 works everywhere"):
        quantize.fastest(64, 96)


def test_a_model_of_bytes_writes_nearly_the_same(trained: Path) -> None:
    model, encoding, _ = checkpoint.open_run(trained)
    ids = encoding.encode_ordinary("the cat sees fish, and so it goes.\n\na dog finds gold")
    before = model(torch.tensor([ids])).detach().clone()
    rough = quantize.Int8GPT(model)
    assert torch.equal(model(torch.tensor([ids])), before), "the exact model is left as it was"
    off, same = quantize.error(model, rough, ids)
    assert 0 < off < 0.05 and same > 0.9
    assert quantize.error(model, model, ids) == (0.0, 1.0)
    options = Sampling(tokens=20, temperature=0)
    exact = [row[0] for row in generate(model, [ids], options)]
    assert sum(a == row[0] for a, row in zip(exact, generate(rough, [ids], options), strict=True)) >= 10


def test_padding_ids_are_never_drawn() -> None:
    torch.manual_seed(0)
    rough = quantize.Int8GPT(GPT(Model(n_layer=1, n_head=2, n_embd=32, block_size=16, vocab_size=61)))
    assert rough(torch.tensor([[1, 2]])).shape == (1, 2, 61)
    assert (rough.logits(drawn(1, 1, 32))[..., 61:] < -1e8).all()
    found = [row[0] for row in generate(rough, [[1]], Sampling(tokens=100, temperature=100.0, top_k=0))]
    assert max(token for token in found if token is not None) < 61


def test_the_error_is_said_and_other_devices_are_refused(trained: Path) -> None:
    done = module("gpt2.sample", trained, "the cat", "tokens=5", "precision=int8")
    assert done.returncode == 0 and done.stdout.startswith("the cat")
    assert "int8 (" in done.stderr and "% off those of float32" in done.stderr
    model, encoding, _ = checkpoint.open_run(trained)
    with pytest.raises(ValueError, match="bfloat16"):
        sample.in_precision(model, "int8", torch.device("meta"), encoding, "the")
    half = module("gpt2.sample", trained, "the cat", "tokens=5", "precision=bfloat16")
    assert half.returncode == 0 and half.stdout.startswith("the cat")
