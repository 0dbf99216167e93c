"""The learner's own pieces in place of ours: each proven equal before it is used, ours borrowed otherwise."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from gpt2 import equal
from gpt2.config import Model, Training
from gpt2.distributed import World
from gpt2.equal import Refused
from gpt2.model import GPT, Part
from gpt2.slots import SLOTS

TRAINED = {name: slot for name, slot in SLOTS.items() if slot.trains}


@dataclass
class Parts:
    """What a run is built from."""

    classes: dict[str, Part] = field(default_factory=dict)  # proven modules of the learner's, by slot
    functions: dict[str, ModuleType] = field(default_factory=dict)  # proven files of functions, by slot
    owners: dict[str, str] = field(default_factory=dict)  # "yours" or "ours", by slot
    reasons: dict[str, str] = field(default_factory=dict)  # why a piece was not taken, by slot

    def function(self, slot: str, name: str, ours: Any) -> Any:
        """Return the learner's function of that slot, or ours."""
        return getattr(self.functions[slot], name) if slot in self.functions else ours


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
        if slot not in TRAINED:
            raise ValueError(f"{path}: there is no slot {slot!r}; there are {', '.join(TRAINED)}")
        if not isinstance(about, dict) or not isinstance(about.get("file"), str):
            raise ValueError(f'{path}: [parts.{slot}] needs file = "…"')
    return dict(found)


def load(run: Path, model: Model, options: Training | None = None, world: World | None = None) -> Parts:
    """Load and prove the parts that `run` names, for a model of this shape; the first rank decides for all.

    A part that cannot be used never stops a run: ours takes its place and `reasons` says why.
    Raises ValueError only where parts.toml itself is wrong.
    """
    named = read(run)
    parts = Parts(owners=dict.fromkeys(TRAINED, "ours"))
    parts.reasons = (world or World()).decide(lambda: refusals(run, named, model, options or Training()))
    for name, about in named.items():
        if name in parts.reasons:
            continue
        file = from_file(name, (run / about["file"]).resolve(), about.get("hash", ""))
        parts.owners[name] = "yours"
        if name in equal.MODULES:
            parts.classes[name] = casting(getattr(file, SLOTS[name].entry[0]))
        else:
            parts.functions[name] = file
    return parts


def refusals(run: Path, named: dict[str, dict[str, str]], model: Model, options: Training) -> dict[str, str]:
    """Prove every named part; return, by slot, why one cannot be used."""
    reasons = {}
    for name, about in named.items():
        try:
            if options.shard == "fsdp":
                raise Refused("with shard=fsdp our own parts are trained")
            if name == "groups" and options.optimizer == "muon":
                raise Refused("Muon has groups of its own; with optimizer=adamw yours are used")
            equal.prove(name, from_file(name, (run / about["file"]).resolve(), about.get("hash", "")), model)
        except Refused as reason:
            reasons[name] = str(reason)
    return reasons


def from_file(slot: str, path: Path, expected: str) -> ModuleType:
    """Run the learner's file and return it as a module. Raises Refused with the reason."""
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
    for name in SLOTS[slot].entry:
        made = getattr(module, name, None)
        if slot in equal.MODULES and not (isinstance(made, type) and issubclass(made, nn.Module)):
            raise Refused(f"{path.name} defines no module {name}")
        if not callable(made):
            raise Refused(f"{path.name} defines no function {name}")
    return module


def casting(made: Part) -> Part:
    """Return `made` with its linear layers and norms computing, as ours do, in the dtype of their input."""

    def build(*arguments: Any, **options: Any) -> nn.Module:
        part = made(*arguments, **options)
        for layer in part.modules():
            if type(layer) in equal.OURS:
                layer.__class__ = equal.OURS[type(layer)]
        return part

    return build


def initialize(model: GPT, parts: Parts) -> None:
    """Draw the first weights, by the learner's code where it is in place."""
    init = parts.function("init", "init_weights_", None)
    if init is None:
        model.initialize()
        return
    equal.mark(model)
    with equal.dressed(model):
        init(model)
    model.clear_padding()
