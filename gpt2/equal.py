"""Is a learner's part equal to ours? Each is held against ours on inputs of its own before a run may use it."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from gpt2 import decode, optim
from gpt2.config import Model, Training
from gpt2.model import GPT, MLP, Block, CausalSelfAttention, LayerNorm, Linear, Part
from gpt2.slots import SLOTS

SLOWEST = 3.0  # times ours, beyond which training with a part would be no pleasure
MODULES: dict[str, Part] = {"attention": CausalSelfAttention, "mlp": MLP, "block": Block}
CAUSAL = ("attention", "block")  # these mix positions, so they must not look ahead


class Refused(Exception):
    """A part is not equal to ours; the message says how."""


def prove(slot: str, file: ModuleType, model: Model) -> None:
    """Hold a part against ours. Raises Refused with the first difference."""
    made = getattr(file, SLOTS[slot].entry[0])
    if slot in MODULES:
        prove_module(slot, made, model)
    else:
        FUNCTIONS[slot](file)


# --- modules ---------------------------------------------------------------------------------------


def prove_module(slot: str, made: Part, model: Model) -> None:
    """Hold a module against ours in float64. Raises Refused with the first difference.

    Two shapes are tried, the run's own and one in which no two sizes are alike, at several lengths:
    values, gradients of the input and of every weight, and no look at what comes later.
    """
    odd = dataclasses.replace(model, n_embd=30, n_head=5, block_size=11, dropout=0.0)
    own = dataclasses.replace(model, dropout=0.0, block_size=min(model.block_size, 64))
    for shape in (odd, own):
        theirs, ours = pair(slot, made, shape)
        for T in sorted({1, 2, 7, shape.block_size}):
            compare(slot, theirs, ours, shape, T)
    timed(slot, made, model)


def guarded(what: str, work: Callable[..., Any], *given: Any) -> Any:
    """Do some of the learner's work; raise Refused in its own words where it raises."""
    try:
        return work(*given)
    except Exception as error:
        raise Refused(f"{what} raises {type(error).__name__}: {error}") from None


def pair(slot: str, made: Part, shape: Model) -> tuple[nn.Module, nn.Module]:
    """Build the learner's part and ours with the same random weights, in float64."""
    ours = MODULES[slot](shape, layer_idx=1).double()
    theirs = guarded("building it", lambda: made(shape, layer_idx=1)).double()
    generator = torch.Generator().manual_seed(20)
    with torch.no_grad():
        for parameter in ours.parameters():  # biases too: a zero would hide that one is forgotten
            parameter.normal_(std=0.3, generator=generator)
    wanted, found = ours.state_dict(), theirs.state_dict()
    if set(wanted) != set(found):
        raise Refused(f"its state_dict has {', '.join(sorted(found))}; wanted are {', '.join(sorted(wanted))}")
    for name, tensor in wanted.items():
        if tensor.shape != found[name].shape:
            raise Refused(f"{name} is {tuple(found[name].shape)}, wanted is {tuple(tensor.shape)}")
    theirs.load_state_dict(wanted)
    return theirs, ours


def compare(slot: str, theirs: nn.Module, ours: nn.Module, shape: Model, T: int) -> None:
    """Compare both parts at one length. Raises Refused with the first difference."""
    generator = torch.Generator().manual_seed(T)
    x = torch.randn(2, T, shape.n_embd, generator=generator, dtype=torch.float64)
    back = torch.randn(2, T, shape.n_embd, generator=generator, dtype=torch.float64)
    a, b = x.clone().requires_grad_(), x.clone().requires_grad_()
    want = ours(a)
    got = guarded(f"at T = {T} it", lambda: theirs(b))
    if not isinstance(got, Tensor) or got.shape != want.shape:
        raise Refused(f"at T = {T} it returns {tuple(getattr(got, 'shape', ()))}, wanted is {tuple(want.shape)}")
    if slot in CAUSAL and T > 1:
        later = x.clone()
        later[:, -1] += 1.0
        changed = guarded(f"at T = {T} it", lambda: theirs(later))
        moved = float((changed - got).detach()[:, :-1].abs().max())
        if not moved < 1e-12:
            raise Refused(f"at T = {T} a change of the last token moves earlier outputs by {moved:.1e}")
    differs("its output", T, got, want)
    want.backward(back)
    guarded(f"at T = {T} its backward", lambda: got.backward(back))
    differs("the gradient of its input", T, b.grad, a.grad)
    for (name, p), (_, q) in zip(sorted(theirs.named_parameters()), sorted(ours.named_parameters()), strict=True):
        differs(f"the gradient of {name}", T, p.grad, q.grad)
    for part in (theirs, ours):
        part.zero_grad(set_to_none=True)


def differs(what: str, T: int, got: Tensor | None, want: Tensor | None) -> None:
    """Raise Refused where two tensors are not equal to ten digits."""
    assert want is not None
    if got is None:
        raise Refused(f"at T = {T} {what} is missing")
    scale = max(1.0, float(want.detach().abs().max()))
    error = float((got.detach() - want.detach()).abs().max()) / scale
    if not error < 1e-10:  # a NaN, too, is not below
        raise Refused(f"at T = {T} {what} differs from ours by up to {error:.1e}")


def timed(slot: str, made: Part, model: Model) -> None:
    """Time both in float32 at the run's length. Raises Refused for a part much slower than ours."""
    shape = dataclasses.replace(model, dropout=0.0)
    x = torch.randn(2, shape.block_size, shape.n_embd, generator=torch.Generator().manual_seed(0))
    theirs, ours = made(shape, layer_idx=0), MODULES[slot](shape, layer_idx=0)
    best = [math.inf, math.inf]
    for turn in range(12):  # a busy machine may spoil some rounds: three to be taken, all twelve to be refused
        for i, part in enumerate((ours, theirs)):
            part(x).sum().backward()
            start = time.perf_counter()
            part(x).sum().backward()
            best[i] = min(best[i], time.perf_counter() - start)
        if turn >= 2 and best[1] <= SLOWEST * best[0]:
            return
    raise Refused(f"it takes {best[1] / best[0]:.1f} times as long as ours at T = {shape.block_size}")


# --- functions -------------------------------------------------------------------------------------


def small() -> GPT:
    """Return a GPT-2 in which no two sizes are alike."""
    return GPT(Model(n_layer=3, n_head=5, n_embd=40, block_size=17, vocab_size=201))


def mark(model: nn.Module) -> None:
    """Mark the projections that write into the residual stream, as the exercise promises."""
    for name, module in model.named_modules():
        if name.endswith("c_proj"):
            module.is_residual_output = True


OURS: dict[type[nn.Module], type[nn.Module]] = {nn.Linear: Linear, nn.LayerNorm: LayerNorm}


@contextlib.contextmanager
def dressed(model: nn.Module) -> Iterator[None]:
    """Show a model's layers as torch's own while the learner's code looks at their types."""
    plain = {ours: theirs for theirs, ours in OURS.items()}
    changed = [(layer, type(layer)) for layer in model.modules() if type(layer) in plain]
    for layer, kind in changed:
        layer.__class__ = plain[kind]
    try:
        yield
    finally:
        for layer, kind in changed:
            layer.__class__ = kind


def prove_init(file: ModuleType) -> None:
    """Every weight of a small model must follow the law that ours follow, whatever stood there before."""
    model = small()
    mark(model)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(7.0)
    before = {name: id(parameter) for name, parameter in model.named_parameters()}
    with dressed(model):
        guarded("it", file.init_weights_, model)
    if {name: id(parameter) for name, parameter in model.named_parameters()} != before:
        raise Refused("it replaces parameters instead of filling them")
    for name, parameter in model.named_parameters():
        values = parameter.detach().double()
        if parameter.dim() < 2:
            wanted = 0.0 if name.endswith("bias") else 1.0
            if not bool((values == wanted).all()):
                raise Refused(f"{name} does not begin at {wanted:g}")
            continue
        std = 0.02 / math.sqrt(2 * model.config.n_layer) if name.endswith("c_proj.weight") else 0.02
        n = values.numel()
        if not abs(float(values.mean())) < 6 * std / math.sqrt(n):
            raise Refused(f"{name} is not centered on 0")
        if not abs(float(values.std()) / std - 1) < 6 / math.sqrt(2 * n):
            raise Refused(f"{name} has a spread of {float(values.std()):.4f}, wanted is {std:.4f}")


def prove_groups(file: ModuleType) -> None:
    """Every trainable parameter once, decay for matrices alone, the rate and the betas as given."""
    model = small()
    frozen = next(iter(model.transformer.h[0].parameters())).requires_grad_(False)
    made = guarded("it", file.configure_optimizers, model, 0.1, 3e-4, (0.9, 0.95), "cpu")
    if not isinstance(made, torch.optim.AdamW):
        raise Refused(f"it returns {type(made).__name__}, wanted is a torch.optim.AdamW")
    names = {id(p): name for name, p in model.named_parameters()}
    held = [(p, group) for group in made.param_groups for p in group["params"]]
    if frozen is not None and any(p is frozen for p, _ in held):
        raise Refused("a frozen parameter is among them")
    wanted = [id(p) for p in model.parameters() if p.requires_grad]
    if sorted(id(p) for p, _ in held) != sorted(wanted):
        raise Refused("not every trainable parameter is there exactly once")
    for p, group in held:
        decay = 0.1 if p.dim() >= 2 else 0.0
        if group["weight_decay"] != decay:
            raise Refused(f"{names[id(p)]} decays by {group['weight_decay']}, wanted is {decay}")
        if group["lr"] != 3e-4 or tuple(group["betas"]) != (0.9, 0.95):
            raise Refused("lr or betas are not those given")


def prove_clip(file: ModuleType) -> None:
    """The norm returned and the gradients left, for gradients longer and shorter than the limit."""
    for seed, limit in ((0, 0.5), (1, 1.0), (2, 1e4)):
        generator = torch.Generator().manual_seed(seed)
        made = [nn.Parameter(torch.zeros(shape)) for shape in ((7, 5), (3,), (2, 4, 3), (6,))]
        for p in made[:-1]:  # the last has no gradient
            p.grad = torch.randn(p.shape, generator=generator)
        grads = [p.grad.clone() for p in made[:-1] if p.grad is not None]
        norm = math.sqrt(sum(float(g.double().square().sum()) for g in grads))
        got = float(guarded("it", file.clip_, made, limit))
        if not abs(got - norm) < 1e-5 * norm:
            raise Refused(f"it returns {got:.6f} for a norm of {norm:.6f}")
        factor = min(1.0, limit / norm)
        for p, g in zip(made[:-1], grads, strict=True):
            if p.grad is None or not torch.allclose(p.grad, g * factor, rtol=1e-4, atol=1e-7):
                raise Refused(f"at norm {norm:.3f} and limit {limit:g} its gradients are not those wanted")
        if made[-1].grad is not None:
            raise Refused("it makes up a gradient where there was none")


def prove_schedule(file: ModuleType) -> None:
    """The rate of every step of three runs."""
    for warmup, total, low in ((0, 9, 0.1), (4, 23, 0.0), (50, 50, 0.2)):
        options = Training(lr=0.7, min_lr=low, warmup_steps=warmup, max_steps=total)
        for step in range(total + 3):
            want = optim.rate(step + 1, options)
            got = float(guarded("it", file.lr_at, step, 0.7, 0.7 * low, warmup, total))
            if not abs(got - want) < 1e-9:
                raise Refused(f"at step {step} of {total} with warmup {warmup} it says {got:.6g}, wanted is {want:.6g}")


def prove_filters(file: ModuleType) -> None:
    """The same logits left, lowered or ruled out."""
    generator = torch.Generator().manual_seed(5)
    logits = 3 * torch.randn(4, 37, generator=generator)
    ids = torch.randint(37, (4, 9), generator=generator)
    seen = torch.zeros(4, 37, dtype=torch.bool).scatter(1, ids, True)
    tried: list[tuple[str, Callable[..., Any], tuple[Any, ...], Tensor]] = [
        *(("top_k", file.top_k, (logits, k), decode.filtered(logits, k, 1.0)) for k in (1, 5, 99)),
        *(("top_p", file.top_p, (logits, p), decode.filtered(logits, 0, p)) for p in (0.1, 0.8)),
        ("repetition_penalty", file.repetition_penalty, (logits, ids, 1.3), decode.penalize(logits, seen, 1.3)),
    ]
    kept = logits.clone()
    for what, work, given, want in tried:
        got = guarded(what, work, *given)
        if not (isinstance(got, Tensor) and got.shape == want.shape and torch.allclose(got, want, rtol=1e-6)):
            raise Refused(f"{what} differs from ours")
        if not torch.equal(logits, kept):
            raise Refused(f"{what} changes the logits that it is given")


FUNCTIONS: dict[str, Callable[[ModuleType], None]] = {
    "init": prove_init, "groups": prove_groups, "clip": prove_clip, "schedule": prove_schedule,
    "filters": prove_filters,
}  # fmt: skip
