"""Is a learner's module equal to ours? Values, gradients, causality and speed, on inputs of its own."""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import math
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from gpt2.config import Model
from gpt2.model import MLP, Block, CausalSelfAttention, LayerNorm, Linear, Part

PATIENCE = 120.0  # seconds for all that a part is asked before it is used
SLOWEST = 3.0  # times ours, beyond which training with a part would be no pleasure
MODULES: dict[str, Part] = {"attention": CausalSelfAttention, "mlp": MLP, "block": Block}
CAUSAL = ("attention", "block")  # these mix positions, so they must not look ahead


class Refused(Exception):
    """A part is not equal to ours; the message says how."""


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


class _Endless(BaseException):
    """Raised in the learner's code when its time is up."""


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let the learner's code run for so long. Raises Refused where it goes on, at its next line of Python."""
    ended, me, thrown, caught = threading.Event(), ctypes.c_ulong(threading.get_ident()), 0, 0
    throw = ctypes.pythonapi.PyThreadState_SetAsyncExc

    def watch() -> None:
        nonlocal thrown
        pause = seconds
        while not ended.wait(pause):
            thrown += 1
            throw(me, ctypes.py_object(_Endless))
            pause = max(seconds, 1.0)  # once more, in case the code has caught it; not while it is on its way out

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    except _Endless:
        caught += 1
        raise Refused(f"it has not come to an end within {seconds:g} seconds") from None
    finally:
        for _ in range(100):
            try:
                ended.set()
                watcher.join()
                # One thrown as the code ended arrives here. It cannot be taken back by throwing None: that leaves
                # Python 3.11 with work that is never done, and a traced function that never begins.
                if thrown > caught:
                    time.sleep(0.001)
            except _Endless:
                caught += 1
            if ended.is_set() and thrown == caught:
                break


def guarded(what: str, work: Callable[..., Any], *given: Any) -> Any:
    """Do some of the learner's work; raise Refused in its own words where it raises."""
    try:
        return work(*given)
    except (Exception, SystemExit) as error:
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
    race(lambda: theirs(x).sum().backward(), lambda: ours(x).sum().backward(), f"T = {shape.block_size}")


def race(theirs: Callable[[], Any], ours: Callable[[], Any], where: str) -> None:
    """Time both in turns. Raises Refused where the learner's is much slower than ours."""
    best, begun, turn = [math.inf, math.inf], time.perf_counter(), 0
    # A busy machine may spoil many rounds: three are enough to be taken, and only all of them to be refused.
    while turn < 12 or time.perf_counter() < begun + 1:
        for i, work in enumerate((ours, theirs)):
            work()
            start = time.perf_counter()
            work()
            best[i] = min(best[i], time.perf_counter() - start)
        turn += 1
        if turn >= 3 and best[1] <= SLOWEST * best[0]:
            return
    raise Refused(f"it takes {best[1] / best[0]:.1f} times as long as ours at {where}")


# --- a model as the exercises know it ---------------------------------------------------------------


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
