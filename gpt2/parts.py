"""The learner's own pieces in place of ours: each proven equal before it is used, ours borrowed otherwise."""

from __future__ import annotations

import contextlib
import hashlib
import tomllib
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import tiktoken
from torch import nn

from gpt2 import corpus, equal, proofs, theirs, tokens
from gpt2 import vocabulary as vocabularies
from gpt2.batches import Batches, Source
from gpt2.config import Model, Training
from gpt2.data import Prepared
from gpt2.distributed import World
from gpt2.equal import Refused
from gpt2.model import GPT, Part
from gpt2.slots import SLOTS

IN_MEMORY = 100_000_000  # tokens that a learner's loader is given as one tensor, of 8 bytes each
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


def vocabulary(run: Path, options: Training, world: World) -> tuple[tiktoken.Encoding | None, dict[str, str]]:
    """Return what the learner's tokenizer has learned for a run; where it cannot be used, the reason by slot.

    The first rank learns it for all, before there are any ids.
    """
    about = read(run).get("tokenizer")
    if about is None:
        return None, {}

    def work() -> dict[str, Any]:
        try:
            if options.tokenizer == "gpt2":
                raise Refused("the ids are those of GPT-2's own vocabulary; with tokenizer=trained yours is used")
            if corpus.shards(options.data):
                raise Refused("the shards hold ids already")
            path = (run / about["file"]).resolve()
            with equal.within(equal.PATIENCE):
                file = from_file("tokenizer", path, about.get("hash", ""))
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            pad = options.preset != "nano"
            with equal.within(5 * equal.PATIENCE):  # it learns, too
                made = vocabularies.learned(file, digest, options.data, options.vocab_size, pad)
            return {"name": made.name, "ranks": tokens.dumps(made).decode("ascii"), "size": made.n_vocab}
        except Refused as reason:
            return {"reason": str(reason)}

    found = world.decide(work)
    if "reason" in found:
        return None, {"tokenizer": found["reason"]}
    return tokens.loads(found["name"], found["ranks"].encode("ascii"), found["size"]), {}


def load(
    run: Path, model: Model, options: Training | None = None, world: World | None = None, ids: int = 0, name: str = ""
) -> Parts:
    """Load and prove the parts that `run` names, for a model of this shape; the first rank decides for all.

    `ids` is how many there are to train on, `name` that of their vocabulary.

    A part that cannot be used never stops a run: ours takes its place and `reasons` says why.
    Raises ValueError only where parts.toml itself is wrong.
    """
    named = read(run)
    parts = Parts(owners=dict.fromkeys(TRAINED, "ours"))
    parts.reasons = (world or World()).decide(lambda: refusals(run, named, model, options or Training(), ids))
    if name.startswith(vocabularies.MARK):
        parts.owners["tokenizer"] = "yours"
    for slot, about in named.items():
        if slot in parts.reasons or slot == "tokenizer":
            continue
        file = from_file(slot, (run / about["file"]).resolve(), about.get("hash", ""))
        parts.owners[slot] = "yours"
        if slot in equal.MODULES:
            parts.classes[slot] = casting(getattr(file, SLOTS[slot].entry[0]))
        else:
            parts.functions[slot] = file
    return parts


def refusals(run: Path, named: dict[str, dict[str, str]], model: Model, options: Training, ids: int) -> dict[str, str]:
    """Prove every named part but the tokenizer, see `vocabulary`; return, by slot, why one cannot be used."""
    reasons = {}
    for name, about in named.items():
        if name == "tokenizer":
            continue
        try:
            if options.shard == "fsdp":
                raise Refused("with shard=fsdp our own parts are trained")
            if name == "groups" and options.optimizer == "muon":
                raise Refused("Muon has groups of its own; with optimizer=adamw yours are used")
            if name == "loader" and ids > IN_MEMORY:
                raise Refused(f"it wants all {ids:,} tokens in memory, of which ours reads what it needs")
            if name == "loader" and 0 < ids <= options.tokens_per_step:
                raise Refused(f"it serves whole steps of {options.tokens_per_step:,} tokens, and there are {ids:,}")
            with equal.within(equal.PATIENCE):
                file = from_file(name, (run / about["file"]).resolve(), about.get("hash", ""))
                proofs.prove(name, file, model, options)
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


def blamed(run: Path, error: BaseException) -> str:
    """Say whose code an error comes from, where it was raised in one of the run's parts; else nothing."""
    named: dict[str, dict[str, str]] = {}
    with contextlib.suppress(ValueError):
        named = read(run)
    files = {str((run / about["file"]).resolve()): slot for slot, about in named.items()}
    lines = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    path, line = next(((path, line) for path, line in reversed(lines) if path in files), ("", 0))
    if not path:
        return ""
    slot = files[path]
    return (
        f"your {slot} raises {type(error).__name__}: {error} (line {line} of {Path(path).name}); "
        f"the last checkpoint stands, and without [parts.{slot}] in parts.toml ours takes its place"
    )


def casting(made: Part) -> Part:
    """Return `made` with its linear layers and norms computing, as ours do, in the dtype of their input."""

    def build(*arguments: Any, **options: Any) -> nn.Module:
        part = made(*arguments, **options)
        for layer in part.modules():
            if type(layer) in equal.OURS:
                layer.__class__ = equal.OURS[type(layer)]
        return part

    return build


def batches(parts: Parts, prepared: Prepared, options: Training, block: int) -> Source:
    """Return what cuts the tokens into batches: ours, or the learner's loader over documents in a seeded order."""
    made = parts.function("loader", "DataLoaderLite", None)
    if made is None:
        return Batches(prepared.shards, block, options.seed)
    ids = theirs.in_order(prepared.train, prepared.encoding.eot_token, options.seed)
    return theirs.Steps(made, ids, options.tokens_per_step, block)


def put_together(model: GPT, parts: Parts) -> None:
    """Let the learner's GPT put the model's pieces together in training, where it is in place."""
    made = parts.function("gpt", "GPT", None)
    if made is not None:
        model.whole = theirs.Whole(made, model)


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
