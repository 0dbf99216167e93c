"""A data-parallel training loop, as torchrun starts it on every rank."""

from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import torch

from gpt2.world import Comm

# The first two are complete; put your own all_reduce and your own MiniDDP in their places if you like.


def mean_over_ranks(comm: Comm, x: torch.Tensor) -> torch.Tensor:
    """The mean of x, of any shape, over all ranks: a ring. x is work space."""
    rank, world = comm.rank, comm.world
    left, right = (rank - 1) % world, (rank + 1) % world
    total = x.flatten()
    chunks = total.tensor_split(world)
    for step in range(2 * (world - 1)):
        give, take = chunks[(rank - step) % world], chunks[(rank - step - 1) % world]
        if rank % 2:
            came = comm.recv(left)
            comm.send(give, right)
        else:
            comm.send(give, right)
            came = comm.recv(left)
        take.copy_(came.to(x) + (take if step < world - 1 else 0))
    return total.view_as(x) / world


class MiniDDP(torch.nn.Module):
    """A copy of a module on every rank: equal at the start; backward leaves mean gradients, except under no_sync()."""

    def __init__(self, module, comm):
        super().__init__()
        self.module, self.comm, self.sync = module, comm, True
        for tensor in [*module.parameters(), *module.buffers()]:
            self.copy_from_rank_0(tensor)
        for p in module.parameters():
            if p.requires_grad:
                p.register_post_accumulate_grad_hook(self.average)

    @torch.no_grad()
    def copy_from_rank_0(self, tensor):
        if self.comm.rank == 0:
            for rank in range(1, self.comm.world):
                self.comm.send(tensor, rank)
        else:
            tensor.copy_(self.comm.recv(0))

    def average(self, p):
        if self.sync:
            p.grad.copy_(mean_over_ranks(self.comm, p.grad))

    def forward(self, *args, **kwargs):
        return self.module(*args, **kwargs)

    @contextmanager
    def no_sync(self):
        before, self.sync = self.sync, False
        try:
            yield
        finally:
            self.sync = before


def train_ddp(
    env: dict[str, str],
    make_model: Callable[[], torch.nn.Module],
    tokens: torch.Tensor,
    comm: Comm,
    cfg: Any,
) -> list[tuple[int, float]]:
    """Train one model on all ranks together; every rank calls this, with the same tokens and the same cfg.

    env: what torchrun puts into the environment, as decimal strings: "RANK" and "WORLD_SIZE" (this rank's number and
        how many there are; absent means 0 and 1) and "LOCAL_RANK" (its number on its own machine; absent means 0).
        LOCAL_RANK chooses the device and nothing else: cuda:<LOCAL_RANK> where CUDA is present, else the CPU
    make_model: make_model() gives a module that maps (B, T) int64 to logits (B, T, V); call it once. The values it
        begins with may differ from rank to rank: rank 0's count. It is trained in place
    tokens: (N,) int64 on the CPU, with N of at least steps·accum_total·B·T + 1
    comm: this rank's end of the wire: comm.rank, comm.world, comm.send(tensor, dst), comm.recv(src) -> tensor
    cfg: cfg.B and cfg.T, the shape of a micro-batch; cfg.accum_total, the micro-batches of a step, of all ranks
        together; cfg.steps; cfg.lr; cfg.clip, the largest joint norm of the gradients
    returns: on rank 0 a list of (step, mean_loss), step from 0: the mean cross entropy over all accum_total
        micro-batches of the step, of all ranks, before its update, as a Python float; on other ranks []
    raises: ValueError when RANK or WORLD_SIZE is not comm's, or when accum_total is not a multiple of the world

    Every rank takes accum = accum_total // world micro-batches a step. In step s, micro-step m, rank r reads from
    o = (s·accum_total + m·world + r)·B·T:
        x = tokens[o : o + B·T] and y = tokens[o + 1 : o + B·T + 1], both as (B, T).
    The gradient is that of the mean cross entropy over all accum_total micro-batches. Only the last micro-step of a
    step sends gradients: from the first forward of a step to its last one nothing goes over the wire. Then the
    gradients are clipped to cfg.clip, and plain SGD (no momentum, no decay) takes its step.
    """
    log: list[tuple[int, float]] = []
    for step in range(cfg.steps):
        raise NotImplementedError  # TODO: first the environment, the device and the model; then, here, the steps
    return log
