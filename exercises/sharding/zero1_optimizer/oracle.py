"""The oracle: rows in float64 arithmetic, one at a time; whoever owns a number computes it and tells all."""

import torch


class ShardedAdamW:
    def __init__(self, params, comm, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        self.params = list({id(p): p for p in params if p.requires_grad}.values())
        self.comm, self.kw = comm, (lr, *betas, eps, weight_decay)
        self.state = {}

    def part(self, t, rank):
        flat = t.detach().reshape(-1)
        return flat[rank * flat.numel() // self.comm.world : (rank + 1) * flat.numel() // self.comm.world]

    def step(self):
        lr, b1, b2, eps, decay = self.kw
        for number, p in enumerate(self.params):
            if p.grad is None:
                continue
            g = self.part(p.grad, self.comm.rank)
            t, m, v = self.state.get(number, (0, torch.zeros_like(g), torch.zeros_like(g)))
            t, m, v = t + 1, b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
            self.state[number] = t, m, v
            mine = self.part(p, self.comm.rank).double() * (1 - lr * decay)
            mine = mine - lr * (m.double() / (1 - b1**t)) / ((v.double() / (1 - b2**t)).sqrt() + eps)
            new = []
            for rank in range(self.comm.world):
                for other in range(self.comm.world):
                    if rank == self.comm.rank != other:
                        self.comm.send(mine.float(), other)
                new.append(mine.float() if rank == self.comm.rank else self.comm.recv(rank))
            p.data = torch.cat(new).view_as(p)

    def zero_grad(self):
        for p in self.params:
            p.grad = None
