"""The reference: one count for the whole step, sums divided by it, a backward for each pair."""

import torch
import torch.nn.functional as F


def accum_step(model, micro, opt, max_norm) -> float:
    asked = sum(int((y != -100).sum()) for _, y in micro)
    opt.zero_grad()
    mean = 0.0
    for x, y in micro:
        out = model(x)
        logits = out[0] if isinstance(out, tuple) else out  # (b, T, V)
        loss = F.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="sum") / asked
        loss.backward()
        mean += loss.item()
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    opt.step()
    return mean
