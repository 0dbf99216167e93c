"""The reference: a flat row of all numbers, padded and cut; gathering is an operation with a backward of its own."""

import torch


def all_gather(comm, x):
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


def reduce_scatter(comm, chunks):
    for owner, chunk in enumerate(chunks):
        if owner == comm.rank:
            total = sum((comm.recv(src) for src in range(comm.world) if src != owner), chunk)
        else:
            comm.send(chunk, owner)
    return total


class Gather(torch.autograd.Function):
    """All slices in a row; its backward hands every rank the mean gradient of its slice."""

    @staticmethod
    def forward(ctx, shard, comm):
        ctx.comm = comm
        return torch.cat(all_gather(comm, shard))

    @staticmethod
    def backward(ctx, grad):
        total = reduce_scatter(ctx.comm, grad.chunk(ctx.comm.world))
        return total / ctx.comm.world, None


class ShardedLinear(torch.nn.Module):
    def __init__(self, linear, comm):
        super().__init__()
        self.comm = comm
        self.shapes = [p.shape for p in linear.parameters()]
        self.sizes = [p.numel() for p in linear.parameters()]
        row = torch.cat([p.reshape(-1) for p in linear.parameters()])
        row = torch.nn.functional.pad(row, (0, -len(row) % comm.world))
        self.shard = torch.nn.Parameter(row.view(comm.world, -1)[comm.rank].clone())

    def forward(self, x):
        row = Gather.apply(self.shard, self.comm)[: sum(self.sizes)]
        whole = [part.view(shape) for part, shape in zip(row.split(self.sizes), self.shapes)]
        return torch.nn.functional.linear(x, *whole)
