"""Our GPT-2 is transformers' GPT-2, and its cache changes nothing."""

from __future__ import annotations

import dataclasses
import math
import os

import pytest
import torch

from gpt2 import forecast
from gpt2.config import Model, model_of, parse, settle
from gpt2.model import GPT, Cache, cross_entropy

os.environ.setdefault("HF_HUB_OFFLINE", "1")
SHAPE = Model(n_layer=3, n_head=5, n_embd=40, block_size=24, vocab_size=301)


def filled(shape: Model = SHAPE, seed: int = 3) -> GPT:
    """Return a float64 model without a zero bias or a unit gain, so that none can be forgotten."""
    torch.manual_seed(seed)
    model = GPT(shape).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
        model.transformer.wte.weight[shape.vocab_size :] = 0
    return model.eval()


def test_logits_loss_and_gradients_are_those_of_transformers() -> None:
    transformers = pytest.importorskip("transformers")
    from gpt2.weights import TURNED, about, to_transformers

    ours = filled()
    settings = transformers.GPT2Config(**about(SHAPE, 300))
    theirs = transformers.GPT2LMHeadModel(settings).double().eval()
    missing, unexpected = theirs.load_state_dict(to_transformers(ours), strict=False)
    assert missing in ([], ["lm_head.weight"]) and not unexpected
    idx = torch.randint(SHAPE.vocab_size, (2, 25), generator=torch.Generator().manual_seed(1))
    x, y = idx[:, :-1], idx[:, 1:]
    a, b = ours(x), theirs(x).logits
    torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-9)
    loss, wanted = cross_entropy(a, y), cross_entropy(b, y)
    assert abs(loss.item() - wanted.item()) < 1e-9
    assert abs(ours(x, y).item() - wanted.item()) < 1e-9  # the padding ids take no part in the softmax
    loss.backward()
    wanted.backward()
    grads = {name: p.grad for name, p in theirs.named_parameters()}
    for name, p in ours.named_parameters():
        assert p.grad is not None
        got = p.grad[: SHAPE.vocab_size] if name == "transformer.wte.weight" else p.grad
        got = got.T if name.endswith(TURNED) else got
        torch.testing.assert_close(got, grads[name], rtol=1e-9, atol=1e-9, msg=lambda m, n=name: f"{n}: {m}")


def test_124m_has_the_published_number_of_parameters() -> None:
    shape = model_of(settle(parse(["preset=124M"]), "cuda"), 50257)
    assert shape.parameters == 124_439_808
    assert shape.padded_vocab == 50304
    sizes = [model_of(settle(parse([f"preset={p}"]), "cuda"), 50257).parameters for p in ("350M", "774M", "1558M")]
    assert sizes == [354_823_168, 774_030_080, 1_557_611_200]
    with torch.device("meta"):
        model = GPT(shape)
    counted = sum(p.numel() for p in model.parameters()) - (50304 - 50257) * 768
    assert counted == 124_439_808


def test_the_padding_rows_get_no_gradient_and_no_logit() -> None:
    model = filled()
    idx = torch.randint(301, (2, 9))
    model(idx[:, :-1], idx[:, 1:]).backward()
    grad = model.transformer.wte.weight.grad
    assert grad is not None and grad[301:].abs().max() == 0
    assert model(idx).shape == (2, 9, 301)


@pytest.mark.parametrize("C, V", [(64, 300), (256, 4096), (96, 50257)])
def test_the_first_loss_is_the_one_we_expect(C: int, V: int) -> None:
    shape = Model(n_layer=2, n_head=4, n_embd=C, block_size=64, vocab_size=V)
    torch.manual_seed(0)
    model = GPT(shape)
    idx = torch.randint(V, (8, 65))
    with torch.no_grad():
        loss = model(idx[:, :-1], idx[:, 1:]).item()
    assert abs(loss - forecast.first_loss(shape)) < 0.05
    assert abs(forecast.first_loss(dataclasses.replace(shape, n_embd=768, vocab_size=50257)) - 10.979) < 0.001
    assert forecast.first_loss(shape) > math.log(V)


def test_flops_follow_the_convention() -> None:
    assert round(forecast.flops_per_token(Model()) / 1e6, 1) == 854.7


@pytest.mark.parametrize("chunks", [(1,) * 24, (10, 1, 1, 12), (5, 7, 12)])
def test_the_cache_changes_no_logit(chunks: tuple[int, ...]) -> None:
    model = filled()
    idx = torch.randint(301, (3, 24))
    cache = Cache(SHAPE, 3, 24, torch.device("cpu"), torch.float64)
    at, parts = 0, []
    with torch.no_grad():
        whole = model(idx)
        for size in chunks:
            parts.append(model(idx[:, at : at + size], cache=cache))
            at += size
    torch.testing.assert_close(torch.cat(parts, 1), whole[:, : sum(chunks)], rtol=1e-10, atol=1e-10)


def test_a_token_does_not_see_what_comes_later() -> None:
    model = filled()
    idx = torch.randint(300, (2, 20))
    changed = idx.clone()
    changed[:, 12] = (changed[:, 12] + 1) % 300
    with torch.no_grad():
        a, b = model(idx), model(changed)
    assert torch.equal(a[:, :12], b[:, :12]) and not torch.equal(a[:, 12:], b[:, 12:])


def test_a_longer_text_than_the_context_is_refused() -> None:
    with pytest.raises(ValueError, match="24 positions"):
        filled()(torch.zeros(1, 25, dtype=torch.long))


def test_bfloat16_computes_near_float32_and_keeps_float32_weights() -> None:
    torch.manual_seed(0)
    model = GPT(SHAPE)
    idx = torch.randint(301, (2, 13))
    full = model(idx[:, :-1], idx[:, 1:])
    model.compute_dtype = torch.bfloat16
    half = model(idx[:, :-1], idx[:, 1:])
    assert abs(full.item() - half.item()) < 0.03
    half.backward()
    assert all(
        p.dtype == torch.float32 and p.grad is not None and p.grad.dtype == torch.float32 for p in model.parameters()
    )


def test_a_fresh_model_can_learn_one_batch_by_heart() -> None:
    torch.manual_seed(0)
    model = GPT(SHAPE)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    idx = torch.randint(301, (4, 21))
    for _ in range(60):
        loss = model(idx[:, :-1], idx[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1


def test_the_forecast_names_the_price_and_what_fits() -> None:
    options = settle(parse(["preset=nano", "price=3", "max_steps=2", "dtype=float32"]), "cpu")
    shape = model_of(options, options.vocab_size)
    made = forecast.forecast(shape, options, torch.device("cpu"))
    assert made.cost == pytest.approx(made.seconds / 1200)
    assert "cost" in forecast.describe(made) and "what fits" in forecast.describe(made)
    small, large = forecast.memory(shape, 1, "float32"), forecast.memory(shape, 4, "float32")
    assert forecast.largest_micro_batch(shape, options, int(small / 0.9) - 9) is None
    assert forecast.largest_micro_batch(shape, options, int(large / 0.9) + 9) == 4
    names = [forecast.largest_preset("bfloat16", size) for size in (10**6, 2 * 10**9, 8 * 10**9, 10**12)]
    assert names == [None, "nano", "350M", "1558M"]
