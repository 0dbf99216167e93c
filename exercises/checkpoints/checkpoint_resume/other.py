"""A second honest way: serialized in memory, written to a temporary file in the same folder, synced, renamed."""

import io
import os
import tempfile
from pathlib import Path

import torch


def save(path, model, opt, step, loader, extra):
    rng = {"cpu": torch.random.get_rng_state()}
    if torch.cuda.is_available():
        for i in range(torch.cuda.device_count()):
            rng[f"cuda:{i}"] = torch.cuda.get_rng_state(i)
    buffer = io.BytesIO()
    parts = {"weights": model, "optimizer": opt, "data": loader}
    torch.save(
        {**{k: v.state_dict() for k, v in parts.items()}, "rng": rng, "done": step, "extra": dict(extra)}, buffer
    )
    path = Path(path)
    handle, name = tempfile.mkstemp(dir=path.resolve().parent, prefix=".ckpt-")
    try:
        with os.fdopen(handle, "wb") as f:
            f.write(buffer.getvalue())
            f.flush()
            os.fsync(f.fileno())
        Path(name).rename(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def load(path, model, opt, loader, device):
    found = torch.load(Path(path), map_location=torch.device(device))
    loader.load_state_dict(found["data"])
    opt.load_state_dict(found["optimizer"])
    model.load_state_dict(found["weights"])
    for name, state in found["rng"].items():
        if name == "cpu":
            torch.random.set_rng_state(state.cpu())
        elif torch.cuda.is_available() and int(name[5:]) < torch.cuda.device_count():
            torch.cuda.set_rng_state(state.cpu(), name)
    return found["done"]
