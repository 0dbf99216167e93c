"""The reference: a straight rise, a half wave of the cosine, a floor; and whole numbers for the ramp."""

import math


def lr_at(step, max_lr, min_lr, warmup, total) -> float:
    if step < warmup:
        return max_lr * (step + 1) / warmup
    if step >= total:
        return min_lr
    done = (step - warmup) / (total - warmup)
    return min_lr + (max_lr - min_lr) * (1 + math.cos(math.pi * done)) / 2


def accum_at(tokens_seen, ramp) -> int:
    first, last, over_tokens = ramp
    if tokens_seen >= over_tokens:
        return last
    return first + (last - first) * tokens_seen // over_tokens
