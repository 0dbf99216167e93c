"""The gradients written by hand are those that autograd would have found."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from gpt2 import device, forecast, gradients
from gpt2.config import Model, Training
from gpt2.model import GPT

V, PADDED, C, N = 37, 48, 6, 11


def drawn(seed: int = 0, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor, Tensor]:
    """Return features (N, C), a head's weight (PADDED, C) and ids (N,)."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(N, C, generator=generator).to(dtype).requires_grad_()
    weight = torch.randn(PADDED, C, generator=generator).double().requires_grad_()
    return x, weight, torch.randint(V, (N,), generator=generator)


@pytest.mark.parametrize("rows", [1, 4, N, 100])
def test_the_heads_loss_and_its_gradients_are_autograds(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(gradients.AT_ONCE, "cpu", rows * PADDED)
    x, weight, targets = drawn()
    a, b = x.detach().clone().requires_grad_(), weight.detach().clone().requires_grad_()
    wanted = F.cross_entropy((a @ b.t())[:, :V], targets)
    got = gradients.head_loss(x, weight, targets, V)
    torch.testing.assert_close(got, wanted, rtol=1e-12, atol=0)
    (3 * got).backward()  # type: ignore[no-untyped-call]
    (3 * wanted).backward()  # type: ignore[no-untyped-call]
    for mine, theirs in ((x, a), (weight, b)):
        assert mine.grad is not None and theirs.grad is not None
        torch.testing.assert_close(mine.grad, theirs.grad, rtol=1e-10, atol=1e-14)
    assert weight.grad is not None and weight.grad[V:].abs().max() == 0


def test_a_loss_without_a_gradient_is_the_same() -> None:
    x, weight, targets = drawn()
    with torch.no_grad():
        assert gradients.head_loss(x, weight, targets, V) == gradients.head_loss(*drawn(), V)


def test_a_target_that_is_all_but_impossible_has_a_finite_loss() -> None:
    x, weight = torch.full((1, 1), 300.0, requires_grad=True), torch.tensor([[1.0], [-1.0]], requires_grad=True)
    loss = gradients.head_loss(x, weight, torch.tensor([1]), 2)
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss.item() == 600 and x.grad is not None and x.grad.item() == 2


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("wide, narrow", [(4, 9), (9, 4)])
def test_a_product_in_half_precision_gives_whole_gradients(
    wide: int, narrow: int, turned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if turned:
        monkeypatch.setattr(gradients, "NARROW", 0)
        monkeypatch.setattr(gradients, "LINES", 4)  # of 15: the last part is shorter
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(3, 5, wide, generator=generator).bfloat16().requires_grad_()
    weight = torch.randn(narrow, wide, generator=generator).requires_grad_()
    bias = torch.randn(narrow, generator=generator).requires_grad_()
    back = torch.randn(3, 5, narrow, generator=generator).bfloat16()
    y = gradients.product(x, weight, bias)
    y.backward(back)  # type: ignore[no-untyped-call]
    a, b, c = (t.detach().double().requires_grad_() for t in (x, weight.bfloat16(), bias.bfloat16()))
    wanted = F.linear(a, b, c)
    wanted.backward(back.double())  # type: ignore[no-untyped-call]
    assert y.dtype == torch.bfloat16
    torch.testing.assert_close(y.double(), wanted, rtol=2**-7, atol=2**-6)
    for mine, theirs in ((x, a), (weight, b), (bias, c)):
        assert mine.grad is not None and theirs.grad is not None and mine.grad.dtype == mine.dtype
        assert mine.grad.is_contiguous()
        torch.testing.assert_close(mine.grad.double(), theirs.grad, rtol=2**-7, atol=2**-5)


def test_gelu_in_half_precision_is_right_for_every_number_that_there_is() -> None:
    numbers = torch.arange(-(2**15), 2**15).to(torch.int16).view(torch.bfloat16)
    x = numbers[numbers.abs() < 2.0**20].view(-1, 2).requires_grad_()
    y = gradients.gelu(x)
    y.backward(torch.ones_like(y))
    exact = x.detach().double().requires_grad_()
    wanted = F.gelu(exact, approximate="tanh")
    wanted.sum().backward()  # type: ignore[no-untyped-call]
    torch.testing.assert_close(y.double(), wanted, rtol=2**-8, atol=1e-6)
    assert x.grad is not None and exact.grad is not None
    torch.testing.assert_close(x.grad.double(), exact.grad, rtol=2**-8, atol=2e-6)


@pytest.mark.parametrize("scale", [0.1, 1.0, 4.0])
def test_attention_in_half_precision_has_the_gradients_of_exact_attention(
    scale: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scores of some 30 are where a rounded score would be a wrong probability."""
    B, H, T, D = 2, 3, 70, 16
    monkeypatch.setattr(gradients, "SCORES", 4 * T * T)  # four heads at a time, then the two that are left
    generator = torch.Generator().manual_seed(3)
    packed = torch.randn(B, T, 3 * H * D, generator=generator)
    packed[..., : 2 * H * D] *= scale
    back = torch.randn(B, H, T, D, generator=generator).bfloat16()

    def run(dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        x = packed.bfloat16().to(dtype).requires_grad_()
        q, k, v = (t.view(B, T, H, D).transpose(1, 2) for t in x.split(H * D, dim=2))
        y = gradients.attention(q, k, v, 0.0)
        y.backward(back.to(dtype))
        assert x.grad is not None
        return y.double(), x.grad.double()

    (y, grad), (exact, wanted) = run(torch.bfloat16), run(torch.float64)
    assert (y - exact).norm() < 0.01 * exact.norm()
    for mine, theirs in zip(grad.split(H * D, dim=2), wanted.split(H * D, dim=2), strict=True):
        assert (mine - theirs).norm() < 0.01 * theirs.norm()


def test_gradients_agree_with_small_differences() -> None:
    x, weight, targets = drawn(2)
    assert torch.autograd.gradcheck(lambda a, b: gradients.head_loss(a, b, targets, V), (x, weight))
    bias = torch.randn(PADDED, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(gradients.product, (x, weight, bias))
    assert torch.autograd.gradcheck(lambda a, b: gradients.product(a, b, None), (x, weight))


def test_a_second_backward_pass_finds_what_the_first_one_found() -> None:
    x, weight, targets = drawn(3)
    loss = gradients.head_loss(x, weight, targets, V)
    first, second = (torch.autograd.grad(loss, (x, weight), retain_graph=True) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


# --- the loss that is compiled ---------------------------------------------------------------------


def test_the_loss_for_the_compiler_is_the_same() -> None:
    x, weight, targets = drawn(4)
    (a, b), found = ((t.detach().clone().requires_grad_() for t in (x, weight)), [])
    for loss, given in ((gradients.head_loss, (x, weight)), (gradients.whole_loss, (a, b))):
        value = loss(*given, targets, V)
        found.append((value.detach(), *torch.autograd.grad(value, given)))
    for mine, theirs in zip(*found, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-10, atol=1e-14)


def test_compiled_no_logits_are_kept_in_float32() -> None:
    x = torch.randn(2, 8, C, dtype=torch.bfloat16, requires_grad=True)
    weight = torch.randn(PADDED, C, requires_grad=True)
    targets = torch.randint(V, (2, 8))
    compiled = torch.compile(gradients.whole_loss, dynamic=False, backend="aot_eager_decomp_partition")
    loss = compiled(x, weight, targets, V)
    kept = [(tensor.dtype, tensor.numel()) for tensor in loss.grad_fn.saved_tensors if tensor is not None]
    assert (torch.bfloat16, 16 * PADDED) in kept  # the logits
    assert max(size for dtype, size in kept if dtype == torch.float32) <= 16  # a number or two for each row
    loss.backward()
    assert weight.grad is not None and weight.grad.dtype == torch.float32 and not weight.grad[V:].any()
    torch.testing.assert_close(loss, gradients.head_loss(x, weight, targets, V), rtol=1e-3, atol=1e-3)


def test_the_loss_is_compiled_on_a_gpu_that_has_the_room() -> None:
    gpu, rows, padded, whole = torch.device("cuda"), 65536, 50304, 2 * 65536 * 50304 * 2
    assert gradients.roomy(gpu, rows, padded, torch.bfloat16, 4 * whole)
    assert not gradients.roomy(gpu, rows, padded, torch.bfloat16, 4 * whole - 8)
    assert not gradients.roomy(gpu, rows, padded, torch.float32, 4 * whole)
    assert not gradients.roomy(gpu, rows, padded, torch.bfloat16, None)
    assert not gradients.roomy(torch.device("cpu"), rows, padded, torch.bfloat16, 10 * whole)


@pytest.mark.parametrize(
    "memory, compiled, wanted", [(1 << 37, "true", True), (1 << 37, "false", False), (1 << 33, "true", False)]
)
def test_a_run_says_so_before_it_begins(
    memory: int, compiled: str, wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "memory", lambda place: memory)
    options = Training(micro_batch=64, dtype="bfloat16", compile=compiled)
    assert forecast.compiles_loss(Model(), options, torch.device("cuda")) is wanted
    assert not forecast.compiles_loss(Model(), options, torch.device("cpu"))
    once, twice = (forecast.memory(Model(), 64, "bfloat16", both) for both in (False, True))
    assert twice - once == 64 * 1024 * 50304 * 2


def test_a_model_trains_by_the_compiled_loss_and_is_measured_by_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    model = GPT(Model(n_layer=2, n_head=2, n_embd=16, block_size=8, vocab_size=V)).train()
    idx = torch.randint(V, (2, 9), generator=torch.Generator().manual_seed(1))
    wanted = model(idx[:, :-1], idx[:, 1:]).detach()
    model.compile_blocks(loss=True, backend="aot_eager")
    calls: list[str] = []
    pieces = gradients.head_loss
    monkeypatch.setattr(gradients, "head_loss", lambda *given: calls.append("pieces") or pieces(*given))
    loss = model(idx[:, :-1], idx[:, 1:])
    loss.backward()
    assert calls == [] and model.lm_head.weight.grad is not None
    torch.testing.assert_close(loss.detach(), wanted)
    torch.testing.assert_close(model.eval()(idx[:, :-1], idx[:, 1:]).detach(), wanted)
    assert calls == ["pieces"]
    heads = [torch.randn(2, 2, 5, 4, dtype=torch.float64, requires_grad=True) for _ in range(3)]
    assert torch.autograd.gradcheck(gradients.CausalAttention.apply, heads)
