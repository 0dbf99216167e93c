"""A linear layer in slices: what FSDP does, for one layer."""

import torch

from gpt2.world import Comm


def all_gather(comm: Comm, x: torch.Tensor) -> list[torch.Tensor]:
    """Every rank's x, in the order of ranks, on every rank. Ours, complete; autograd does not see through it.

    x: any shape and dtype; shapes may differ from rank to rank
    All ranks must call this the same number of times, in the same order.
    """
    parts = []
    for owner in range(comm.world):
        if owner == comm.rank:
            for dst in range(comm.world):
                if dst != owner:
                    comm.send(x, dst)
            parts.append(x)
        else:
            parts.append(comm.recv(owner))
    return parts


def reduce_scatter(comm: Comm, chunks: list[torch.Tensor]) -> torch.Tensor:
    """The sum over ranks of everybody's chunks[r], on rank r. Ours, complete; autograd does not see through it.

    chunks: one tensor for each rank, empty ones too; chunks[r] has the same shape on all ranks
    """
    for owner, chunk in enumerate(chunks):
        if owner == comm.rank:
            total = sum((comm.recv(src) for src in range(comm.world) if src != owner), chunk)
        else:
            comm.send(chunk, owner)
    return total


class ShardedLinear(torch.nn.Module):
    """A linear layer of which every rank keeps a slice; the whole exists only while it is needed.

    Every rank makes one of an equal layer, and calls forward and backward on its own batch.

    Example, the same lines on 2 ranks:
        layer = ShardedLinear(torch.nn.Linear(8, 4), comm)   # 36 numbers; 18 of them stay here
        y = layer(x)                                         # the whole layer's result, for this rank's x
        y.square().mean().backward()                         # the slice's .grad: the mean over ranks
        torch.optim.SGD(layer.parameters(), 0.1).step()      # this rank's slice; the next forward fetches anew
    """

    def __init__(self, linear: torch.nn.Linear, comm: Comm) -> None:
        """Keep this rank's slice.

        linear: with or without bias, float32 or float64, its values equal on all ranks; out may be below world. You
            may take it apart
        comm: comm.rank, comm.world, comm.send(tensor, dst), comm.recv(src) -> tensor

        How you slice is up to you (rows, a flat row with a pad, …). parameters() are this rank's slices and nothing
        else, at most ceil(out/world)·(in + 1) + in + 1 numbers (in for in + 1 in the product without bias). No more
        numbers than that may lie in all tensors that can be reached from the module between steps: after backward,
        step and zero_grad. The memory under a view counts in full.
        """
        super().__init__()
        raise NotImplementedError  # TODO

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(…, in) to (…, out), as the whole layer would; its values are those of all slices as they are now.

        Batches may have different sizes on different ranks. Backward, which all ranks call too, adds to each slice's
        .grad the mean over ranks of the gradients that the whole layer would have there. The gradient of x is this
        rank's own. Works under torch.no_grad() too.
        """
        raise NotImplementedError  # TODO
