"""The reference: the device is idle whenever the clock is read, and the middle of the times is told."""

import statistics


def bench(fn, sync, clock, warmup, iters, tokens):
    for _ in range(warmup):
        fn()
    times = []
    for _ in range(iters):
        sync()
        start = clock()
        fn()
        sync()
        times.append(clock() - start)
    median = statistics.median(times)
    return {"median_ms": 1000 * median, "tok_s": tokens / median}
