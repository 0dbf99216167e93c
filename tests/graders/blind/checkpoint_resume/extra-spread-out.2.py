"""A training run that can be stopped at any step, by anyone, and goes on as if nothing had happened."""

import os
import tempfile
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
    rng = {"cpu": torch.random.get_rng_state()}
    if torch.cuda.is_available():
        for i in range(torch.cuda.device_count()):
            rng[f"cuda:{i}"] = torch.cuda.get_rng_state(i)
    everything = dict(step=step, weights=model.state_dict(), opt=opt.state_dict(), data=loader.state_dict(), rng=rng)
    everything.update(extra)

    handle, draft = tempfile.mkstemp(dir=Path(path).parent, suffix=".part")
    os.close(handle)
    try:
        torch.save(everything, draft)
        with open(draft, "rb+") as f:
            os.fsync(f.fileno())
        os.replace(draft, path)
    except BaseException:
        if os.path.exists(draft):
            os.unlink(draft)
        raise


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
    ckpt = torch.load(path, map_location=torch.device("cpu"), weights_only=True)
    model.load_state_dict(ckpt["weights"])
    opt.load_state_dict(ckpt["opt"])
    loader.load_state_dict(ckpt["data"])
    for where, state in ckpt["rng"].items():
        if where == "cpu":
            torch.random.set_rng_state(state)
        elif torch.cuda.is_available() and int(where.split(":")[1]) < torch.cuda.device_count():
            torch.cuda.set_rng_state(state, where)
    return int(ckpt["step"])
