"""The reference: forward and loss under autocast, everything else in full precision and outside."""

import torch


def amp_step(model, x, y, opt, device, dtype, max_norm) -> float:
    opt.zero_grad()
    with torch.autocast(torch.device(device).type, dtype=dtype):
        loss = torch.nn.functional.cross_entropy(model(x), y)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    opt.step()
    return loss.item()
