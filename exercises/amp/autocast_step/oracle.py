"""The oracle: autocast's switches turned by hand, gradients from `autograd.grad`, the norm in float64."""

import torch


def amp_step(model, x, y, opt, device, dtype, max_norm):
    kind = torch.device(device).type
    was = torch.is_autocast_enabled(kind), torch.get_autocast_dtype(kind)
    torch.set_autocast_enabled(kind, True)
    torch.set_autocast_dtype(kind, dtype)
    logits = model(x)
    torch.clear_autocast_cache()
    torch.set_autocast_enabled(kind, was[0])
    torch.set_autocast_dtype(kind, was[1])
    rows = logits.float().log_softmax(-1)
    loss = -torch.stack([row[k] for row, k in zip(rows, y.tolist(), strict=True)]).mean()
    params = [p for p in model.parameters() if p.requires_grad]
    grads = torch.autograd.grad(loss, params)
    norm = sum(g.double().square().sum() for g in grads).sqrt().item()
    for p, g in zip(params, grads, strict=True):
        p.grad = g * min(1.0, max_norm / norm)
    opt.step()
    return loss.item()
