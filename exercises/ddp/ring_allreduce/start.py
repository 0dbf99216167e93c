"""All-reduce on a ring of ranks."""

import torch

from gpt2.world import Comm


def all_reduce(comm: Comm, x: torch.Tensor, op: str = "sum") -> torch.Tensor:
    """Sum or average a vector over all ranks; every rank calls this, and every rank gets the whole result.

    comm: this rank's end of the wire
        comm.rank             this rank's number, 0 … world - 1
        comm.world            how many ranks there are, 1 or more
        comm.send(t, dst)     hands a tensor to rank dst; returns when that rank has received it, not before
        comm.recv(src)        waits for the next tensor from rank src, and returns it: a copy
    x: (n,) float32, this rank's vector; n is the same on all ranks, and any number from 1 on, also below world.
        It is work space: you may write to it
    op: "sum" or "mean"
    returns: (n,) float32, the sum or the mean of the x of all ranks; with one rank, the values of x

    Ranks talk by send and recv alone. For long vectors (n of 50·world and more) no rank sends more than 1.1 times
    2·(world - 1)/world·n numbers.

    Example: 2 ranks with x = [1., 2., 3.] and x = [10., 20., 30.]: both get [11., 22., 33.] for "sum".
    """
    raise NotImplementedError  # TODO
