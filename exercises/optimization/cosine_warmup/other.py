"""A second honest way: a squared sine, min and max in place of branches."""

from math import floor, pi, sin


def lr_at(step, max_lr, min_lr, warmup, total):
    if step + 1 <= warmup:
        return (step + 1) / warmup * max_lr
    left = 1.0 - min(1.0, (step - warmup) / max(1, total - warmup)) if step < total else 0.0
    return min_lr + (max_lr - min_lr) * sin(pi / 2 * left) ** 2


def accum_at(tokens_seen, ramp):
    first, last, over_tokens = ramp
    share = min(tokens_seen / over_tokens, 1.0) if over_tokens else 1.0
    return floor(first + share * (last - first))
