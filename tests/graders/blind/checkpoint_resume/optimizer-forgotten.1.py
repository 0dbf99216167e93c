"""A training run that can be stopped at any step, by anyone, and goes on as if nothing had happened."""

import os
from pathlib import Path
from typing import Any

import torch
from torch import nn


def save(
    path: str | Path, model: nn.Module, opt: torch.optim.Optimizer, step: int, loader: Any, extra: dict[str, Any]
) -> None:
    """Write everything that the next step depends on into one file.

    path: where the checkpoint shall be; its folder exists, and an older checkpoint may stand there
    model, opt: their state is taken through state_dict()
    step: how many steps are finished
    loader: the data's place; it has state_dict() and load_state_dict(state) as well, of numbers and tensors
    extra: whatever else the run wants to remember: a dict of numbers, strings and lists

    In the file: one dict, with `extra` under the key "extra"; the other keys are up to you. torch.load reads it with
    weights_only=True: tensors, numbers, strings, lists and dicts, no objects of other classes. The state of torch's
    random generators is in it, of the CPU and of CUDA where there is one; saving does not change it.

    Whenever the process dies in here (the disk is full, the machine loses power), the file at `path` is the old one,
    byte for byte, or the new one, whole. An error on the way is passed on to the caller.
    """
    path = Path(path)
    state = {
        "model": model.state_dict(),
        "step": step,
        "loader": loader.state_dict(),
        "extra": extra,
        "cpu_rng": torch.get_rng_state(),
        "cuda_rng": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }
    waiting = path.with_name(path.name + ".tmp")
    with open(waiting, "wb") as f:
        torch.save(state, f)
        f.flush()
        os.fsync(f.fileno())
    os.replace(waiting, path)


def load(
    path: str | Path, model: nn.Module, opt: torch.optim.Optimizer, loader: Any, device: str | torch.device
) -> int:
    """Put everything back in place, so that the next step is the one that would have followed; return the step.

    path: a checkpoint that `save` wrote, perhaps on a machine with other devices: a file from a GPU loads on a CPU
    model, opt, loader: freshly made, as for a new run; model and opt are on `device` already
    device: "cpu", "cuda:1", torch.device("cpu"), …
    returns: the step that was saved

    A file that holds anything but tensors and plain values is refused: any exception, and nothing in it is executed.

    Example:
        save("run.pt", model, opt, 500, loader, {"best": 3.2})
        ...                                                        # tomorrow, in a new process
        step = load("run.pt", model, opt, loader, "cpu")           # 500; step number 501 is the next
    """
    state = torch.load(path, map_location="cpu", weights_only=True)
    model.load_state_dict(state["model"])
    loader.load_state_dict(state["loader"])
    torch.set_rng_state(state["cpu_rng"])
    if torch.cuda.is_available():
        for i, rng in enumerate(state["cuda_rng"][: torch.cuda.device_count()]):
            torch.cuda.set_rng_state(rng, i)
    return state["step"]
