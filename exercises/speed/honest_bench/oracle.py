"""The oracle: every time sorted, and the one in the middle, or the mean of the two there."""


def bench(fn, sync, clock, warmup, iters, tokens):
    times = []
    for number in range(warmup + iters):
        sync()
        begun = clock()
        fn()
        sync()
        ended = clock()
        if number >= warmup:
            times.append(ended - begun)
    times.sort()
    half, odd = divmod(iters, 2)
    seconds = times[half] if odd else (times[half - 1] + times[half]) / 2
    return {"median_ms": seconds * 1e3, "tok_s": tokens / seconds}
