"""Runs a learner's ring, DDP or training loop on real processes over gloo, and proves that all ranks agree.

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


def load(path: Path) -> tuple[str, Any]:
    """Run a learner's file and return the one of ENTRIES that it defines. Raises ValueError where there is none."""
    module = ModuleType("submission")
    module.__file__ = str(path)
    exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)
    for name in ENTRIES:
        if callable(module.__dict__.get(name)):
            return name, module.__dict__[name]
    raise ValueError(f"{path.name} defines none of {', '.join(ENTRIES)}")


def apart(comm: Any, x: Any) -> float:
    """On rank 0, by how much x differs from rank to rank; 0 on the others. All ranks must call it."""
    if comm.rank:
        comm.send(x, 0)
        return 0.0
    return max((float((comm.recv(rank) - x).abs().max()) for rank in range(1, comm.world)), key=badness, default=0.0)


def ring(all_reduce: Any, comm: Any) -> list[tuple[str, float, float]]:
    """All-reduce vectors of several lengths; what came out, against what it had to be."""
    import torch

    off = equal = 0.0
    for n, op in ((1, "mean"), (7, "sum"), (1000, "mean")):
        mine = [torch.arange(n) % 11 + 3.0 * rank for rank in range(comm.world)]  # small whole numbers: exact sums
        want = torch.stack(mine).sum(0) / (comm.world if op == "mean" else 1)
        got = all_reduce(comm, mine[comm.rank].clone(), op)
        off = max(off, float((got - want).abs().max()), key=badness)
        equal = max(equal, apart(comm, got), key=badness)
    return [("all ranks get the same", equal, 0.0), ("it is the sum, or the mean", off, 1e-5)]


def wrapper(mini_ddp: Any, comm: Any) -> list[tuple[str, float, float]]:
    """One step of two micro-batches under a learner's MiniDDP, against the gradient of all data in one place."""
    import torch
    from torch import nn

    torch.manual_seed(comm.rank)  # unlike on every rank: only the broadcast makes them equal
    inner = nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 1)).double()
    model = mini_ddp(inner, comm)
    data = torch.randn(comm.world, 2, 8, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    with model.no_sync():
        model(data[comm.rank, 0]).pow(2).mean().backward()
    model(data[comm.rank, 1]).pow(2).mean().backward()
    weights = torch.cat([p.detach().flatten() for p in inner.parameters()])
    grads = torch.cat([(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in inner.parameters()])
    loss = sum(inner(x).pow(2).mean() for x in data.flatten(0, 1)) / comm.world
    want = torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(inner.parameters()))])
    return [
        ("all ranks begin with the same weights", apart(comm, weights), 0.0),
        ("and have the same gradients", apart(comm, grads), 0.0),
        ("they are the gradients of all data in one place", float((grads - want).abs().max()), 1e-12),
    ]


ENTRIES: dict[str, Any] = {"train_ddp": None, "MiniDDP": wrapper, "all_reduce": ring}
"""What a file may define, and how it is looked at; a loop is compared with itself on one rank."""


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


def loop(train_ddp: Any, text: bytes, cfg: SimpleNamespace, env: dict[str, str], comm: Any) -> tuple[Any, Any]:
    """Rank 0's log of a training loop, and how it compares with a run on one rank."""
    from gpt2 import world

    log, weights = work(train_ddp, text, cfg, env, comm)
    equal = apart(comm, weights)
    if comm.rank or comm.world == 1:
        return log, []
    alone_log, alone = world.run(1, lambda one: work(train_ddp, text, cfg, {}, one))[0]
    pairs = zip(log, alone_log, strict=False)
    behind = max((abs(a[1] - b[1]) for a, b in pairs), key=badness, default=0.0)
    return log, [
        ("all ranks end with the same weights", equal, 0.0),
        ("they are the weights of a run on one rank", float((alone - weights).abs().max()), 1e-9),
        # a loss may travel as float32
        ("and the losses are that run's losses", behind if len(log) == len(alone_log) else float("inf"), 1e-5),
    ]


def main(words: list[str]) -> int:
    """Run it all; rank 0 prints. Returns 0 when everything is as it must be, 1 when not, 2 for wrong use."""
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # gloo between CPUs is enough, and every machine has it
    from gpt2 import world

    try:
        path, cfg = Path(words[0]), options(words[1:])
        (name, made), text = load(path), path.read_bytes()
    except (IndexError, OSError, ValueError) as error:
        print(USAGE if isinstance(error, IndexError) else f"{error}\n{USAGE}", file=sys.stderr)
        return 2

    def rank(comm: Any) -> bool:
        look = ENTRIES[name]
        log, found = ([], look(made, comm)) if look else loop(made, text, cfg, dict(os.environ), comm)
        if comm.rank == 0:
            sent = f", {comm.sent_bytes:,} bytes sent by rank 0"
            tell(log, f"{comm.world} ranks{sent}" if comm.world > 1 else "1 rank", found)
        comm.barrier()
        return comm.rank > 0 or all(value <= bound for _, value, bound in found)

    alone = int(os.environ.get("WORLD_SIZE", "1")) == 1
    return 0 if (world.run(1, rank)[0] if alone else rank(world.GlooComm())) else 1


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
