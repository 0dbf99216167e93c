"""A second honest way: one flat row of all numbers, cut evenly; AdamW by hand, with a step count for each number."""

import math

import torch


class ShardedAdamW:
    def __init__(self, params, comm, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
        self.comm, self.lr, self.betas, self.eps, self.decay = comm, lr, betas, eps, weight_decay
        seen = set()
        self.params = []
        for p in params:
            if id(p) not in seen and p.requires_grad:
                seen.add(id(p))
                self.params.append(p)
        self.counts = [0] * len(self.params)
        total = sum(p.numel() for p in self.params)
        each = math.ceil(total / comm.world)
        self.spans = [(min(total, r * each), min(total, (r + 1) * each)) for r in range(comm.world)]
        start, end = self.spans[comm.rank]
        self.m, self.v = torch.zeros(end - start), torch.zeros(end - start)

    def step(self):
        with torch.no_grad():
            row = torch.cat([p.reshape(-1) for p in self.params])
            start, end = self.spans[self.comm.rank]
            at = 0
            for i, p in enumerate(self.params):
                a, b = max(start, at), min(end, at + p.numel())
                if p.grad is not None:
                    self.counts[i] += 1
                    if a < b:
                        g = p.grad.reshape(-1)[a - at : b - at]
                        self.update(row[a:b], g, slice(a - start, b - start), self.counts[i])
                at += p.numel()
            parts = []
            for r, (a, b) in enumerate(self.spans):
                if r != self.comm.rank:
                    parts.append(self.comm.recv(r))
                    continue
                parts.append(row[a:b])
                for other in range(self.comm.world):
                    if other != r:
                        self.comm.send(row[a:b], other)
            row = torch.cat(parts)
            for p, new in zip(self.params, row.split([p.numel() for p in self.params]), strict=True):
                p.copy_(new.view_as(p))

    def update(self, x, g, span, count):
        b1, b2 = self.betas
        m, v = self.m[span], self.v[span]
        m.mul_(b1).add_(g, alpha=1 - b1)
        v.mul_(b2).addcmul_(g, g, value=1 - b2)
        x.mul_(1 - self.lr * self.decay)
        x.sub_(self.lr * (m / (1 - b1**count)) / ((v / (1 - b2**count)).sqrt() + self.eps))

    def zero_grad(self):
        for p in self.params:
            p.grad = None
