"""AdamW with its state in slices: stage 1 of ZeRO."""

from collections.abc import Iterable
from typing import Any

import torch

from gpt2.world import Comm


class ShardedAdamW:
    """AdamW that keeps, on each rank, the moments of a slice of the parameters only.

    Every rank has all parameters and all gradients; both are equal on all ranks. step() updates this rank's slice and
    fetches the others' from their owners, so that the parameters are equal on all ranks again: what
    torch.optim.AdamW, with the whole state, would have made of them.

    Example, the same lines on 2 ranks:
        opt = ShardedAdamW(model.parameters(), comm, lr=0.1)
        ...                # every .grad is the mean over ranks
        opt.step()         # half of the numbers updated here, half on the other rank; then all have all
        opt.zero_grad()
    """

    def __init__(self, params: Iterable[torch.Tensor], comm: Comm, **kw: Any) -> None:
        """Take the parameters, and cut.

        params: float32 and contiguous, of any shape, also of one number or less numbers than ranks; in the same order
            on all ranks. One that comes twice counts once. Frozen ones (requires_grad False, without gradient) are
            left as they are
        comm: comm.rank, comm.world, comm.send(tensor, dst), comm.recv(src) -> tensor
        kw: lr, betas, eps, weight_decay; names and defaults are those of torch.optim.AdamW, which you may use

        Memory: let n be the number of all trainable numbers; AdamW's state is 2·n. After step() and zero_grad() the
        tensors that can be reached from this object, apart from the parameters and views of them, hold together at
        most 1.3 · 2·n/world + 20 numbers, on every rank. One parameter may be most of the model: it must be cut.
        """
        raise NotImplementedError  # TODO

    def step(self) -> None:
        """Update all parameters in place; every rank calls this.

        A parameter whose .grad is None (the same ones on all ranks) stays as it is in this step, decay included, and
        its count of steps stands still, as in AdamW.
        """
        raise NotImplementedError  # TODO

    def zero_grad(self) -> None:
        """Set the .grad of every parameter to None."""
        raise NotImplementedError  # TODO
