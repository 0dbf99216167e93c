"""Data parallel training in fifty lines."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from gpt2.world import Comm


def mean_over_ranks(comm: Comm, x: torch.Tensor) -> torch.Tensor:
    """The mean of x over all ranks, as a new tensor. Ours, complete; put your own ring in its place if you like.

    comm: this rank's end of the wire
    x: any shape and floating dtype, the same on all ranks; it is work space, and is overwritten
    returns: the mean, with the shape and dtype of x

    All ranks must call this the same number of times, in the same order.
    """
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
    """A module of which every rank holds one copy; after a backward pass all copies have the same gradients.

    Every rank makes one around its own copy, and calls forward and backward on its own data.

    Attributes:
    module: the module it was given

    Example, the same lines on 2 ranks:
        model = MiniDDP(torch.nn.Linear(3, 1), comm)   # the weights are now rank 0's
        with model.no_sync():
            model(x1).sum().backward()                 # sends nothing
        model(x2).sum().backward()                     # .grad is now the mean over ranks of both backwards' sum
    """

    def __init__(self, module: torch.nn.Module, comm: Comm) -> None:
        """Wrap a module; when this returns, every rank's parameters and buffers have the values of rank 0's.

        module: any module; parameters of any shape, buffers of any dtype, also integers; some parameters may be
            frozen (requires_grad False), some may be used in several places (tied). The structure is the same on all
            ranks, the values may differ
        comm: comm.rank, comm.world, comm.send(tensor, dst), comm.recv(src) -> tensor
        """
        super().__init__()
        raise NotImplementedError  # TODO

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module makes of the same arguments."""
        raise NotImplementedError  # TODO

    @contextmanager
    def no_sync(self) -> Iterator[None]:
        """Inside this context a backward pass sends nothing and adds to this rank's own gradients, as usual.

        The next backward pass outside of it leaves in .grad the mean over ranks of all that has been gathered. The
        context may be nested; it gives back the state that it found, also after an exception.
        """
        raise NotImplementedError  # TODO
        yield

    # Outside of no_sync, `loss.backward()` itself does the averaging: when it returns, each .grad is the mean over
    # ranks. Frozen parameters, and those that the loss does not use (the same ones on all ranks), keep .grad None.
    # Each trainable parameter that is used travels once, however often the module uses it.
