"""The oracle: no ring. Each stretch has an owner, who receives it from all, adds in float64, and sends it back."""

import torch


def all_reduce(comm, x, op="sum"):
    n, world = x.numel(), comm.world
    result = torch.zeros(n, dtype=torch.float32)
    for owner in range(world):
        span = slice(owner * n // world, (owner + 1) * n // world)
        others = [r for r in range(world) if r != owner]
        if comm.rank == owner:
            total = x[span].double()
            for r in others:
                total = total + comm.recv(r).double()
            if op == "mean":
                total = total / world
            for r in others:
                comm.send(total.float(), r)
            result[span] = total.float()
        else:
            comm.send(x[span], owner)
            result[span] = comm.recv(owner)
    return result
