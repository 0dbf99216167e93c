"""Several processes as one run: who this rank is, what the ranks agree on, and how their gradients meet."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from gpt2.model import GPT

T = TypeVar("T")


@dataclass(frozen=True)
class World:
    """The processes that train together, as one of them sees it; alone, it is a world of one."""

    rank: int = 0
    local: int = 0  # this rank's number on its machine: the GPU it takes
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the rank that writes and speaks."""
        return self.rank == 0

    def place(self, device: torch.device) -> torch.device:
        """Return this rank's own device of that kind. Raises ValueError for more ranks than GPUs."""
        if device.type != "cuda" or self.size == 1:
            return device
        if self.local >= torch.cuda.device_count():
            raise ValueError(f"rank {self.local} of this machine has no GPU: there are {torch.cuda.device_count()}")
        torch.cuda.set_device(self.local)
        return torch.device("cuda", self.local)

    def sum(self, *values: float) -> list[float]:
        """Add up each value over the ranks; all get the same sums."""
        if self.size == 1:
            return list(values)
        total = torch.tensor(values, dtype=torch.float64)
        dist.all_reduce(total)
        return [float(value) for value in total]

    def decide(self, work: Callable[[], T]) -> T:
        """Let the first rank do `work`, and give its result, which JSON can hold, to all.

        What is measured (which precision is faster, whether a part is too slow) may come out otherwise on
        another rank. A ValueError or OSError of the first rank is raised on all, as ValueError.
        """
        if self.size == 1:
            return work()
        found: dict[str, Any] = {}
        if self.first:
            try:
                found = {"value": work()}
            except (ValueError, OSError) as error:
                found = {"error": str(error)}
        content = json.dumps(found).encode()
        length = torch.tensor([len(content)])
        dist.broadcast(length, 0)
        letters = torch.zeros(int(length), dtype=torch.uint8)
        if self.first:
            letters = torch.tensor(list(content), dtype=torch.uint8)
        dist.broadcast(letters, 0)
        told = json.loads(bytes(letters.tolist()))
        if "error" in told:
            raise ValueError(told["error"])
        value: T = told["value"]
        return value

    def wait(self) -> None:
        """Wait until every rank has come here."""
        if self.size > 1:
            dist.barrier()

    @contextlib.contextmanager
    def one_first(self) -> Iterator[None]:
        """Let the first rank of each machine do something before the others, who then find it done."""
        if self.local:
            self.wait()
        yield
        if not self.local:
            self.wait()


@contextlib.contextmanager
def joined() -> Iterator[World]:
    """Join the ranks that torchrun has started, or be alone; leave them at the end.

    https://docs.pytorch.org/docs/stable/elastic/run.html says what torchrun puts into the environment.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield World()
        return
    # Decisions travel between CPUs, gradients between GPUs where there are any.
    # The first rank alone tokenizes, measures and saves, while NCCL would end the others after ten minutes of waiting;
    # a rank that has died is torchrun's to see, at once.
    kinds = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    dist.init_process_group(kinds, timeout=timedelta(hours=2))
    try:
        yield World(dist.get_rank(), int(os.environ.get("LOCAL_RANK", "0")), dist.get_world_size())
    finally:
        dist.destroy_process_group()


def again() -> bool:
    """Whether torchrun has started this process in place of one that failed."""
    return os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") != "0"


def speaks() -> bool:
    """Whether this process should say what is wrong: other ranks, and torchrun's next tries, would say the same."""
    return os.environ.get("RANK", "0") == "0" and not again()


# --- the model on all ranks ------------------------------------------------------------------------


def replicate(model: GPT, world: World) -> nn.Module:
    """Return what training calls in place of the model: its gradients are averaged over the ranks (DDP).

    Li et al., "PyTorch Distributed" (2020). The module inside stays the one to read, save and sample from.
    """
    if world.size == 1:
        return model
    place = next(model.parameters()).device
    return nn.parallel.DistributedDataParallel(
        model, device_ids=[place] if place.type == "cuda" else None, gradient_as_bucket_view=True
    )


def split(model: GPT, world: World) -> nn.Module:
    """Keep only this rank's share of every weight, and fetch a block's others while it computes (FSDP2).

    Zhao et al., "PyTorch FSDP" (2023). Weights travel in the dtype of the computation, gradients are added up
    in float32. Alone there is nothing to split.
    """
    if world.size == 1:
        return model
    from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard, register_fsdp_forward_method

    policy = MixedPrecisionPolicy(param_dtype=model.compute_dtype, reduce_dtype=torch.float32)
    for block in model.transformer.h:
        fully_shard(block, mp_policy=policy)
    fully_shard(model, mp_policy=policy)
    for method in ("features", "logits"):  # sampling calls these without `forward`
        register_fsdp_forward_method(model, method)
    return model


def quiet(model: nn.Module, on: bool) -> None:
    """Tell a model, before its forward, whether to keep this micro-batch's gradients to itself."""
    if isinstance(model, nn.parallel.DistributedDataParallel):
        model.require_backward_grad_sync = not on
        return
    sync: Any = getattr(model, "set_requires_gradient_sync", None)  # FSDP's
    if sync is not None:
        sync(not on)


def whole(tensor: Tensor) -> Tensor:
    """Return all of a tensor that may be split; every rank must ask for it."""
    found: Tensor = getattr(tensor, "full_tensor", lambda: tensor)()
    return found


def put(target: Tensor, source: Tensor) -> None:
    """Copy `source` into a tensor of the same shape that may be split. Every rank must do it."""
    if hasattr(target, "full_tensor"):  # a DTensor; asking for its class would import it, which takes a second
        from torch.distributed.tensor import DTensor, distribute_tensor

        assert isinstance(target, DTensor)
        source = distribute_tensor(source.to(target.device, target.dtype), target.device_mesh, target.placements)
    target.copy_(source)


def is_lost(error: BaseException) -> bool:
    """Whether an error says that another rank is gone, in the words of gloo or of NCCL."""
    said = str(error).lower()
    return any(
        sign in said for sign in ("connection closed by peer", "connection reset", "gloo", "nccl", "broken pipe")
    )
