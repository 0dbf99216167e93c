"""A second honest way: readings of the clock, one behind each call, and the differences of neighbors."""

import statistics


def bench(fn, sync, clock, warmup, iters, tokens):
    def idle_at():
        sync()
        return clock()

    for _ in range(warmup):
        fn()
    readings = [idle_at()]
    while len(readings) <= iters:
        fn()
        readings.append(idle_at())
    ms = statistics.median(1000 * (b - a) for a, b in zip(readings, readings[1:]))
    return {"tok_s": 1000 * tokens / ms, "median_ms": ms}
