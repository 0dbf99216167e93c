"""Runs a learner's `train_ddp` on real processes over gloo, and proves that they trained one and the same model.

torchrun --standalone --nproc-per-node 2 -m gpt2.ranks FILE.py [steps=10 lr=1 …]; without torchrun, one rank.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

OPTIONS: dict[str, float] = {"steps": 5, "B": 4, "T": 16, "accum_total": 4, "lr": 0.5, "clip": 1.0}
USAGE = f"python -m gpt2.ranks FILE.py [{' '.join(f'{name}={value:g}' for name, value in OPTIONS.items())}]"


def options(words: list[str]) -> SimpleNamespace:
    """Read NAME=VALUE words over OPTIONS. Raises ValueError with a sentence."""
    chosen = dict(OPTIONS)
    for word in words:
        name, _, text = word.partition("=")
        if name not in chosen:
            raise ValueError(f"there is no option {name!r}; there are {', '.join(chosen)}")
        try:
            chosen[name] = type(OPTIONS[name])(text)
        except ValueError:
            raise ValueError(f"{name} cannot be {text!r}") from None
        if chosen[name] <= 0:
            raise ValueError(f"{name} must be above 0")
    return SimpleNamespace(**chosen)


def load(path: Path) -> Any:
    """Run a learner's file and return its `train_ddp`. Raises ValueError where there is none."""
    module = ModuleType("submission")
    module.__file__ = str(path)
    exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)
    if not callable(module.__dict__.get("train_ddp")):
        raise ValueError(f"{path.name} defines no train_ddp")
    return module.train_ddp


def work(train_ddp: Any, text: bytes, cfg: SimpleNamespace, env: dict[str, str], comm: Any) -> tuple[Any, Any]:
    """Train a small byte model on `text`, repeated as often as needed; return the log and the weights in one row."""
    import torch
    from torch import nn

    need = int(cfg.steps * cfg.accum_total * cfg.B * cfg.T) + 1
    tokens = torch.frombuffer(bytearray(text * (need // len(text) + 1))[:need], dtype=torch.uint8).long()
    generator = torch.Generator().manual_seed(comm.rank)  # unlike on every rank: only the broadcast makes them equal
    model = nn.Sequential(nn.Embedding(256, 32), nn.Linear(32, 64), nn.GELU(), nn.Linear(64, 256)).double()
    for p in model.parameters():
        nn.init.normal_(p, std=0.2, generator=generator)

    log = train_ddp(env, lambda: model, tokens, comm, cfg)
    return log, torch.cat([p.detach().cpu().flatten() for p in model.parameters()])


def main(words: list[str]) -> int:
    """Run it all; rank 0 prints. Returns 0 when everything is as it must be, 1 when not, 2 for wrong use."""
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # gloo between CPUs is enough, and every machine has it
    from gpt2 import world

    try:
        path, cfg = Path(words[0]), options(words[1:])
        train_ddp, text = load(path), path.read_bytes()
    except (IndexError, OSError, ValueError) as error:
        print(USAGE if isinstance(error, IndexError) else f"{error}\n{USAGE}", file=sys.stderr)
        return 2
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        log, _ = world.run(1, lambda comm: work(train_ddp, text, cfg, {}, comm))[0]
        tell(log, "1 rank", [])
        return 0
    comm = world.GlooComm()
    log, weights = work(train_ddp, text, cfg, dict(os.environ), comm)
    if comm.rank:
        comm.send(weights, 0)
        comm.barrier()
        return 0
    apart = max((float((comm.recv(rank) - weights).abs().max()) for rank in range(1, comm.world)), key=badness)
    alone_log, alone = world.run(1, lambda one: work(train_ddp, text, cfg, {}, one))[0]
    off = float((alone - weights).abs().max())
    pairs = zip(log, alone_log, strict=False)
    behind = max((abs(a[1] - b[1]) for a, b in pairs), key=badness, default=0.0)
    behind = behind if len(log) == len(alone_log) else float("inf")
    found = [
        ("all ranks end with the same weights", apart, 0.0),
        ("they are the weights of a run on one rank", off, 1e-9),
        ("and the losses are that run's losses", behind, 1e-5),  # a loss may travel as float32
    ]
    tell(log, f"{comm.world} ranks, {comm.sent_bytes:,} bytes sent by rank 0", found)
    comm.barrier()
    return 0 if all(value <= bound for _, value, bound in found) else 1


def badness(difference: float) -> float:
    """NaN is worse than any number."""
    return difference if difference == difference else float("inf")


def tell(log: Any, who: str, found: list[tuple[str, float, float]]) -> None:
    """Print rank 0's log and what was found."""
    print(who)
    for step, loss in log:
        print(f"step {step:3}  loss {loss:.6f}")
    for what, value, bound in found:
        print(f"{'ok  ' if value <= bound else 'FAIL'} {what} (difference {value:.1e})", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
