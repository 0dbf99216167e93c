"""The oracle: the real part of a number that turns on the circle; the ramp counted up one by one."""

import cmath
from fractions import Fraction


def lr_at(step, max_lr, min_lr, warmup, total):
    if step in range(warmup):
        return float(Fraction(step + 1, warmup) * Fraction(max_lr))
    if step not in range(total):
        return min_lr
    turned = cmath.exp(1j * cmath.pi * (step - warmup) / (total - warmup)).real
    return (max_lr + min_lr) / 2 + (max_lr - min_lr) / 2 * turned


def accum_at(tokens_seen, ramp):
    first, last, over_tokens = ramp
    n = first
    while n < last and (n + 1 - first) * over_tokens <= (last - first) * tokens_seen:
        n += 1
    return n
