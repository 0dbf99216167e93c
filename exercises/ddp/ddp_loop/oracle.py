"""The oracle: gradients from `autograd.grad`; all of them, and the losses, go through rank 0, who tells the means."""

import torch


def train_ddp(env, make_model, tokens, comm, cfg):
    rank, world = int(env.get("RANK", 0)), int(env.get("WORLD_SIZE", 1))
    if rank != comm.rank or world != comm.world or cfg.accum_total % world != 0:
        raise ValueError("no such world")
    device = f"cuda:{env.get('LOCAL_RANK', 0)}" if torch.cuda.is_available() else "cpu"
    model = make_model().to(device)
    for _, t in sorted(model.state_dict().items()):
        if rank == 0:
            for dst in range(1, world):
                comm.send(t, dst)
        else:
            t.copy_(comm.recv(0))
    params, log = list(model.parameters()), []
    for step in range(cfg.steps):
        sums = [torch.zeros_like(p) for p in params]
        losses = torch.zeros((), dtype=torch.float64)
        for micro in range(cfg.accum_total // world):
            o = (step * cfg.accum_total + micro * world + rank) * cfg.B * cfg.T
            x, y = tokens[o : o + cfg.B * cfg.T].to(device), tokens[o + 1 : o + cfg.B * cfg.T + 1].to(device)
            logits = model(x.reshape(cfg.B, cfg.T)).reshape(cfg.B * cfg.T, -1)
            loss = (logits.logsumexp(1) - logits.gather(1, y[:, None])[:, 0]).mean()
            for total, g in zip(sums, torch.autograd.grad(loss, params), strict=True):
                total += g / cfg.accum_total
            losses += loss.item() / cfg.accum_total
        shared = []
        for mine in [*sums, losses]:
            if rank == 0:
                for src in range(1, world):
                    mine = mine + comm.recv(src)
                for dst in range(1, world):
                    comm.send(mine, dst)
            else:
                comm.send(mine, 0)
                mine = comm.recv(0)
            shared.append(mine)
        *grads, losses = shared
        norm = sum(float((g * g).sum()) for g in grads) ** 0.5
        with torch.no_grad():
            for p, g in zip(params, grads, strict=True):
                p.sub_(cfg.lr * g * (cfg.clip / norm if norm > cfg.clip else 1.0))
        if rank == 0:
            log.append((step, float(losses)))
    return log
