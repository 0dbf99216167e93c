"""The reference: every parameter is cut into as many views as there are ranks; AdamW gets the views that are ours."""

import torch


class ShardedAdamW:
    def __init__(self, params, comm, **kw):
        self.comm = comm
        self.params = [p for p in dict.fromkeys(params) if p.requires_grad]
        self.cut = [p.detach().view(-1).tensor_split(comm.world) for p in self.params]
        self.mine = [pieces[comm.rank] for pieces in self.cut]
        self.adamw = torch.optim.AdamW(self.mine, **kw)

    def step(self):
        for p, piece in zip(self.params, self.mine):
            if p.grad is not None:
                piece.grad = p.grad.reshape(-1).tensor_split(self.comm.world)[self.comm.rank]
        self.adamw.step()
        self.adamw.zero_grad()
        for pieces in self.cut:
            self.share(pieces)

    @torch.no_grad()
    def share(self, pieces):
        for owner, piece in enumerate(pieces):
            if owner == self.comm.rank:
                for dst in range(self.comm.world):
                    if dst != owner:
                        self.comm.send(piece, dst)
            else:
                piece.copy_(self.comm.recv(owner))

    def zero_grad(self):
        for p in self.params:
            p.grad = None
