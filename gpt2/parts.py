"""The learner's own pieces in place of ours: each proven equal before it is used, ours borrowed otherwise."""

from __future__ import annotations

import dataclasses
import hashlib
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from gpt2.config import Model
from gpt2.distributed import World
from gpt2.model import MLP, CausalSelfAttention, Linear, Part

SLOWEST = 3.0  # times ours, beyond which training with a part would be no pleasure


@dataclass(frozen=True)
class Slot:
    """A place in the model that a learner's class can take."""

    entry: str  # the class's name in the learner's file
    ours: Part
    causal: bool = False  # mixes positions, so must not look ahead


SLOTS: dict[str, Slot] = {
    "attention": Slot("CausalSelfAttention", CausalSelfAttention, causal=True),
    "mlp": Slot("MLP", MLP),
}


@dataclass
class Parts:
    """What a run is built from."""

    classes: dict[str, Part] = field(default_factory=dict)  # proven pieces of the learner's, by slot
    owners: dict[str, str] = field(default_factory=dict)  # "yours" or "ours", by slot
    reasons: dict[str, str] = field(default_factory=dict)  # why a piece was not taken, by slot


class Refused(Exception):
    """A part is not equal to ours; the message says how."""


def read(run: Path) -> dict[str, dict[str, str]]:
    """Read a run's parts.toml: {slot: {"file": …, "hash": …}}; none where there is no such file.

    Raises ValueError where it is not TOML or names an unknown slot.
    """
    path = run / "parts.toml"
    if not path.is_file():
        return {}
    try:
        found = tomllib.loads(path.read_text("utf-8")).get("parts", {})
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: cannot be read ({error})") from None
    for slot, about in found.items():
        if slot not in SLOTS:
            raise ValueError(f"{path}: there is no slot {slot!r}; there are {', '.join(SLOTS)}")
        if not isinstance(about, dict) or not isinstance(about.get("file"), str):
            raise ValueError(f'{path}: [parts.{slot}] needs file = "…"')
    return dict(found)


def load(run: Path, model: Model, world: World | None = None, split: bool = False) -> Parts:
    """Load and prove the parts that `run` names, for a model of this shape; the first rank decides for all.

    A part that cannot be used never stops a run: ours takes its place and `reasons` says why.
    Raises ValueError only where parts.toml itself is wrong.
    """
    named = read(run)
    parts = Parts(owners=dict.fromkeys(SLOTS, "ours"))
    parts.reasons = (world or World()).decide(lambda: refusals(run, named, model, split))
    for name, about in named.items():
        if name not in parts.reasons:
            made = from_file(name, (run / about["file"]).resolve(), about.get("hash", ""))
            parts.classes[name], parts.owners[name] = casting(made), "yours"
    return parts


def refusals(run: Path, named: dict[str, dict[str, str]], model: Model, split: bool) -> dict[str, str]:
    """Prove every named part; return, by slot, why one cannot be used."""
    reasons = {}
    for name, about in named.items():
        try:
            if split:
                raise Refused("with shard=fsdp our own parts are trained")
            prove(name, from_file(name, (run / about["file"]).resolve(), about.get("hash", "")), model)
        except Refused as reason:
            reasons[name] = str(reason)
    return reasons


def from_file(slot: str, path: Path, expected: str) -> Part:
    """Run the learner's file and return the slot's class. Raises Refused with the reason."""
    try:
        source = path.read_bytes()
    except OSError as error:
        raise Refused(f"{path.name} cannot be read: {error.strerror}") from None
    if expected and hashlib.sha256(source).hexdigest() != expected.removeprefix("sha256:"):
        raise Refused(f"{path.name} has changed since it was chosen for this run")
    module = ModuleType(f"part_{slot}")
    module.__file__ = str(path)
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)
    except (Exception, SystemExit) as error:
        raise Refused(f"{path.name} cannot be run: {type(error).__name__}: {error}") from None
    made = getattr(module, SLOTS[slot].entry, None)
    if not (isinstance(made, type) and issubclass(made, nn.Module)):
        raise Refused(f"{path.name} defines no module {SLOTS[slot].entry}")
    return made


def casting(made: Part) -> Part:
    """Return `made` with its linear layers computing, as ours do, in the dtype of their input."""

    def build(*arguments: Any, **options: Any) -> nn.Module:
        part = made(*arguments, **options)
        for layer in part.modules():
            if type(layer) is nn.Linear:
                layer.__class__ = Linear
        return part

    return build


# --- the proof -------------------------------------------------------------------------------------


def prove(slot: str, made: Part, model: Model) -> None:
    """Hold a part against ours in float64. Raises Refused with the first difference.

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


def guarded(what: str, work: Callable[[], Any]) -> Any:
    """Do some of the learner's work; raise Refused in its own words where it raises."""
    try:
        return work()
    except Exception as error:
        raise Refused(f"{what} raises {type(error).__name__}: {error}") from None


def pair(slot: str, made: Part, shape: Model) -> tuple[nn.Module, nn.Module]:
    """Build the learner's part and ours with the same random weights, in float64."""
    ours = SLOTS[slot].ours(shape, layer_idx=1).double()
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
    if SLOTS[slot].causal and T > 1:
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
    theirs, ours = made(shape, layer_idx=0), SLOTS[slot].ours(shape, layer_idx=0)
    ratio = float("inf")
    for _ in range(3):  # a busy machine may spoil one round, not three
        times = []
        for part in (ours, theirs):
            part(x).sum().backward()
            start = time.perf_counter()
            for _ in range(2):
                part(x).sum().backward()
            times.append(time.perf_counter() - start)
        ratio = min(ratio, times[1] / times[0])
        if ratio <= SLOWEST:
            return
    raise Refused(f"it takes {ratio:.1f} times as long as ours at T = {shape.block_size}")
