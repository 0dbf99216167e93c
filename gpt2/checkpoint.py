"""A run's folder: its lock, and checkpoints that are whole or not there."""

from __future__ import annotations

import base64
import json
import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import tiktoken
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from gpt2 import config, optim, tokens, weights
from gpt2.distributed import World
from gpt2.model import GPT

KEPT = 2


class Busy(ValueError):
    """Another process trains in this folder."""


class Lock:
    """Holds a run's folder for one trainer; the system lets go of it however the process ends."""

    def __init__(self, run: Path) -> None:
        """Take the lock. Raises Busy with a sentence for the reader where another process has it."""
        self.file: IO[str] = open(run / ".lock", "a+", encoding="ascii")  # noqa: SIM115 - held while training
        try:
            if os.name == "nt":
                import msvcrt

                self.file.seek(0)
                msvcrt.locking(self.file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
            else:
                import fcntl

                fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.file.seek(0)
            owner = self.file.read().strip() if os.name != "nt" else ""
            self.file.close()
            by = f" (process {owner})" if owner else ""
            raise Busy(f"{run} is being trained already{by}: stop that run, or use another folder") from None
        if os.name != "nt":
            self.file.truncate(0)
            self.file.write(str(os.getpid()))
            self.file.flush()

    def __enter__(self) -> Lock:
        """Use the lock in a `with` block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go."""
        self.file.close()


# --- random numbers --------------------------------------------------------------------------------


def random_state(device: torch.device) -> dict[str, str]:
    """Return the generators' states as text: with them, dropout goes on as if never stopped."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    elif device.type == "mps":
        states["mps"] = torch.mps.get_rng_state()
    return {name: base64.b64encode(bytes(state.tolist())).decode() for name, state in states.items()}


def set_random_state(device: torch.device, saved: dict[str, str]) -> None:
    """Put back what `random_state` gave; another device's state is left alone."""
    states = {name: torch.tensor(list(base64.b64decode(text)), dtype=torch.uint8) for name, text in saved.items()}
    torch.set_rng_state(states["cpu"])
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)
    elif device.type == "mps" and "mps" in states:
        torch.mps.set_rng_state(states["mps"])


# --- checkpoints -----------------------------------------------------------------------------------


def sync(path: Path) -> None:
    """Wait until the disk has a file, or a folder's list of names."""
    if path.is_dir() and os.name == "nt":
        return  # Windows has no such call for folders
    handle = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def save(
    run: Path,
    step: int,
    model: GPT,
    optimizers: list[torch.optim.Optimizer],
    state: dict[str, Any],
    end_of_text: int,
    writes: bool = True,
) -> Path:
    """Write the checkpoint of `step` under another name, wait for the disk, and only then rename it.

    Raises OSError where the disk refuses; what was there before is untouched. The weights are a
    transformers checkpoint, the optimizer's memory is safetensors, the rest JSON: nothing is pickled.
    Of several ranks each gives its share of the tensors, and one `writes`.
    """
    home = run / "checkpoints"
    target = home / f"step_{step:08d}"
    tensors, memory = weights.to_transformers(model), optim.state(model, optimizers)
    if not writes or target.is_dir():
        return target
    home.mkdir(exist_ok=True)
    made = home / f".making-{step:08d}-{os.getpid()}"
    shutil.rmtree(made, ignore_errors=True)
    try:
        weights.write_tensors(made, model.config, tensors, end_of_text)
        if memory:
            save_file({name: tensor.contiguous() for name, tensor in memory.items()}, made / "optimizer.safetensors")
        (made / "state.json").write_text(json.dumps(state) + "\n", encoding="utf-8")
        for path in (*made.iterdir(), made):
            sync(path)
        made.rename(target)
        sync(home)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(made, ignore_errors=True)
        raise OSError(f"the checkpoint of step {step} could not be written: {error}") from error
    for old in [*complete(run)[:-KEPT], *home.glob(".making-*")]:
        shutil.rmtree(old, ignore_errors=True)
    return target


def complete(run: Path) -> list[Path]:
    """List a run's checkpoints, oldest first; one is listed only if it was finished."""
    found = (run / "checkpoints").glob("step_*")
    return sorted(path for path in found if (path / "state.json").is_file() and (path / "model.safetensors").is_file())


def newest(run: Path, world: World) -> Path | None:
    """Return the checkpoint that all ranks go on from: the newest that the first one sees.

    Another machine's list of a shared folder may be a minute old, and an older checkpoint is another model.
    """
    name = world.decide(lambda: ([path.name for path in complete(run)] or [""])[-1])
    return run / "checkpoints" / name if name else None


def read_state(folder: Path) -> dict[str, Any]:
    """Read a checkpoint's state.json. Raises ValueError where it is damaged."""
    try:
        state = json.loads((folder / "state.json").read_text("utf-8"))
        return {"step": int(state["step"]), "tokens": int(state["tokens"]), **state}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{folder}: not a readable checkpoint ({error}){instead_of(folder)}") from None


def instead_of(folder: Path) -> str:
    """Say what to do where a checkpoint is damaged."""
    earlier = [path.name for path in complete(folder.parents[1]) if path.name < folder.name]
    return f"; move that folder away, and {earlier[-1]} takes its place" if earlier else "; there is no earlier one"


def restore(folder: Path, model: GPT, optimizers: list[torch.optim.Optimizer]) -> None:
    """Load weights and optimizers from a checkpoint, in place. Raises ValueError where it does not fit."""
    try:
        tensors = weights.read(folder)
    except ValueError as error:
        raise ValueError(f"{error}{instead_of(folder)}") from None
    weights.from_transformers(model, tensors)
    path = folder / "optimizer.safetensors"
    if optimizers and path.is_file():
        try:
            optim.restore(model, optimizers, load_file(path))
        except (OSError, SafetensorError) as error:
            raise ValueError(f"{path}: cannot be read ({error}){instead_of(folder)}") from None


def open_run(run: Path, step: int | None = None) -> tuple[GPT, tiktoken.Encoding, Path]:
    """Open a run for use: its model with the newest weights (or those of `step`), tokenizer, checkpoint.

    Raises ValueError with a sentence for the reader where there is nothing to open.
    """
    _, shape = config.load(run / "config.json")
    found = complete(run)
    if step is not None:
        found = [path for path in found if path.name == f"step_{step:08d}"]
    if not found or shape is None:
        raise ValueError(f"{run} holds no checkpoint" + (f" of step {step}" if step is not None else " yet"))
    model = GPT(shape)
    restore(found[-1], model, [])
    return model.eval(), tokens.load(run / "tokenizer"), found[-1]
