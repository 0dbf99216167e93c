"""The oracle: every gradient goes to its owners, who take the mean in float64; names travel in sorted order."""

from contextlib import contextmanager

import torch


def owner_mean(comm, x):
    flat = x.reshape(-1)
    out = torch.empty_like(flat)
    for owner in range(comm.world):
        span = slice(owner * flat.numel() // comm.world, (owner + 1) * flat.numel() // comm.world)
        others = [r for r in range(comm.world) if r != owner]
        if comm.rank == owner:
            every = [flat[span].double()] + [comm.recv(r).double() for r in others]
            out[span] = torch.stack(every).mean(0).to(flat.dtype)
            for r in others:
                comm.send(out[span], r)
        else:
            comm.send(flat[span], owner)
            out[span] = comm.recv(owner)
    return out.view(x.shape)


class MiniDDP(torch.nn.Module):
    def __init__(self, module, comm):
        super().__init__()
        self.module, self.comm, self.off = module, comm, [False]
        with torch.no_grad():
            for _, t in sorted([*module.named_parameters(), *module.named_buffers()]):
                for dst in range(1, comm.world):
                    if comm.rank == 0:
                        comm.send(t, dst)
                    elif comm.rank == dst:
                        t.set_(comm.recv(0))
        for _, p in sorted(module.named_parameters()):
            if p.requires_grad:
                p.register_post_accumulate_grad_hook(self._hook)

    def _hook(self, p):
        if not self.off[-1]:
            p.grad = owner_mean(self.comm, p.grad)

    def forward(self, *args, **kwargs):
        return self.module.forward(*args, **kwargs)

    @contextmanager
    def no_sync(self):
        self.off.append(True)
        try:
            yield
        finally:
            self.off.pop()
