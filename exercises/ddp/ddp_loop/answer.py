"""The reference: MiniDDP does the talking, no_sync keeps it silent, one more exchange a step makes the log honest."""

from contextlib import contextmanager, nullcontext

import torch
import torch.nn.functional as F


def mean_over_ranks(comm, x):
    """The mean of x, of any shape, over all ranks: a ring. x is work space."""
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
    def __init__(self, module, comm):
        super().__init__()
        self.module, self.comm, self.sync = module, comm, True
        for tensor in [*module.parameters(), *module.buffers()]:
            self.copy_from_rank_0(tensor)
        for p in module.parameters():
            if p.requires_grad:
                p.register_post_accumulate_grad_hook(self.average)

    @torch.no_grad()
    def copy_from_rank_0(self, tensor):
        if self.comm.rank == 0:
            for rank in range(1, self.comm.world):
                self.comm.send(tensor, rank)
        else:
            tensor.copy_(self.comm.recv(0))

    def average(self, p):
        if self.sync:
            p.grad.copy_(mean_over_ranks(self.comm, p.grad))

    def forward(self, *args, **kwargs):
        return self.module(*args, **kwargs)

    @contextmanager
    def no_sync(self):
        before, self.sync = self.sync, False
        try:
            yield
        finally:
            self.sync = before


def train_ddp(env, make_model, tokens, comm, cfg):
    rank, world, local_rank = int(env.get("RANK", 0)), int(env.get("WORLD_SIZE", 1)), int(env.get("LOCAL_RANK", 0))
    if (rank, world) != (comm.rank, comm.world):
        raise ValueError(f"the environment says rank {rank} of {world}, the world {comm.rank} of {comm.world}")
    accum, rest = divmod(cfg.accum_total, world)
    if rest:
        raise ValueError(f"{cfg.accum_total} micro-batches cannot be shared evenly by {world} ranks")
    device = torch.device(f"cuda:{local_rank}" if torch.cuda.is_available() else "cpu")
    model = MiniDDP(make_model().to(device), comm)
    opt = torch.optim.SGD(model.parameters(), lr=cfg.lr)
    log = []
    for step in range(cfg.steps):
        opt.zero_grad()
        losses = []
        for micro in range(accum):
            at = (step * cfg.accum_total + micro * world + rank) * cfg.B * cfg.T
            text = tokens[at : at + cfg.B * cfg.T + 1].to(device)
            x, y = text[:-1].view(cfg.B, cfg.T), text[1:]
            with model.no_sync() if micro < accum - 1 else nullcontext():
                loss = F.cross_entropy(model(x).flatten(0, 1), y) / accum
                loss.backward()
            losses.append(loss.detach())
        torch.nn.utils.clip_grad_norm_(model.parameters(), cfg.clip)
        opt.step()
        mean_loss = mean_over_ranks(comm, torch.stack(losses).sum()).item()
        if rank == 0:
            log.append((step, mean_loss))
    return log
