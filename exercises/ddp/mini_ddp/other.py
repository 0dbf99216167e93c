"""A second honest way: gradients are noted as they come, and averaged in one flat bucket when backward ends."""

import torch


def all_sum(comm, flat):
    world, right, left = comm.world, (comm.rank + 1) % comm.world, (comm.rank - 1) % comm.world
    rows = torch.nn.functional.pad(flat, (0, -flat.numel() % world)).view(world, -1).clone()

    def shift(row):
        if comm.rank == 0:
            comm.send(row, right)
            return comm.recv(left)
        came = comm.recv(left)
        comm.send(row, right)
        return came

    at = comm.rank
    for _ in range(world - 1):
        came = shift(rows[at])
        at = (at - 1) % world
        rows[at] += came
    for _ in range(world - 1):
        came = shift(rows[at])
        at = (at - 1) % world
        rows[at] = came
    return rows.flatten()[: flat.numel()]


class Quiet:
    def __init__(self, ddp):
        self.ddp = ddp

    def __enter__(self):
        self.ddp.quiet += 1

    def __exit__(self, *error):
        self.ddp.quiet -= 1


class MiniDDP(torch.nn.Module):
    def __init__(self, module, comm):
        super().__init__()
        self.module, self.comm, self.quiet, self.noted = module, comm, 0, []
        state = module.state_dict()
        for name in sorted(state):
            if comm.rank == 0:
                for dst in range(1, comm.world):
                    comm.send(state[name], dst)
            else:
                state[name].copy_(comm.recv(0))
        for p in {id(p): p for p in module.parameters() if p.requires_grad}.values():
            p.register_post_accumulate_grad_hook(self.note)

    def note(self, p):
        if self.quiet:
            return
        if not self.noted:
            torch.autograd.Variable._execution_engine.queue_callback(self.flush)
        self.noted.append(p)

    def flush(self):
        noted, self.noted = self.noted, []
        with torch.no_grad():
            mean = all_sum(self.comm, torch.cat([p.grad.reshape(-1) for p in noted])) / self.comm.world
            for p, part in zip(noted, mean.split([p.numel() for p in noted]), strict=True):
                p.grad = part.view_as(p).clone()

    def forward(self, *args, **kwargs):
        return self.module(*args, **kwargs)

    def no_sync(self):
        return Quiet(self)
