"""Checks for static-cache: values, layers, the last slot, no room, dtypes; memory that stays, little written, speed."""

import torch

from graders.kit import holds, noted

COPYING = "cat stack clone _to_copy copy_ copy where slice_scatter index_copy index_put scatter constant_pad_nd roll"
REFUSED = "A call without room must raise ValueError or IndexError."
AGAIN = "An operation wrote more numbers than the new keys and values have."


def pair(draw, b, n, t, h, dtype=torch.float32):
    return draw.normal(b, n, t, h, dtype=dtype), draw.normal(b, n, t, h, dtype=dtype)


def slow(k, v, new):
    """The cache of the stub, for a single layer."""
    for _ in range(8):
        k, v = torch.cat([k, new], dim=2), torch.cat([v, new], dim=2)


def test_update(submission, draw, observe):
    """update returns all tokens of the layer, the oldest first; length counts them"""
    b, n, h = draw.sizes(3)
    cache = submission.StaticCache(b, 1, n, 16, h, torch.float32)
    observe("length of an empty cache", cache.length)
    for t in (4, 1, 1, 3):
        k, v = pair(draw, b, n, t, h)
        observe.call(f"(K, V) after {t} more", lambda *kv: tuple(cache.update(0, *kv)), k, draw.strided(v))
        observe("length", cache.length)


def test_layers(submission, draw, observe):
    """Each layer has tokens and a count of its own; length is that of layer 0"""
    b, n, h, first = draw.sizes(4)
    cache = submission.StaticCache(b, 3, n, 40, h, dtype=torch.float32)
    for call, length in (("first", first), ("second", 2), ("third", 1)):
        for layer in range(3):
            new = pair(draw, b, n, length + layer, h)
            observe(f"(K, V) of layer {layer} at the {call} call", tuple(cache.update(layer, *new)))
            observe(f"length after layer {layer} of the {call} call", cache.length)


def test_full(submission, draw, observe):
    """S tokens have room, at once or one by one"""
    b, n, h, s = draw.sizes(4, low=3)
    for lengths in ([s], [s - 1, 1], [1] * s):
        cache = submission.StaticCache(b, 2, n, s, h, torch.float32)
        for layer in (1, 0):
            for t in lengths:
                out = tuple(cache.update(layer, *pair(draw, b, n, t, h)))
            observe(f"(K, V) of layer {layer}, {s} slots filled by calls of {lengths}", out)


def test_overflow(submission, draw, observe):
    """Without room it raises ValueError or IndexError, and nothing has changed"""
    b, n, h, s = draw.sizes(4, low=4)
    for before, too_many in ((s - 2, 3), (s - 1, 2), (0, s + 1)):
        cache = submission.StaticCache(b, 2, n, s, h, torch.float32)
        for layer in (0, 1):
            if before:
                cache.update(layer, *pair(draw, b, n, before, h))
            try:
                cache.update(layer, *pair(draw, b, n, too_many, h))
            except Exception as error:
                how = type(error).__name__
            else:
                how = "nothing raised"
            words = f"layer {layer}: {before} of {s} slots filled, {too_many} more"
            observe(f"{words}: refused", how in ("ValueError", "IndexError"), holds("is_true", REFUSED))
            observe(f"{words}: how", how, noted())
            observe(f"{words}: length", cache.length)
            observe(f"{words}: (K, V) after one that fits", tuple(cache.update(layer, *pair(draw, b, n, 1, h))))
            observe(f"{words}: length after one that fits", cache.length)


def test_dtype(submission, draw, observe):
    """Keys and values are kept in the dtype that was asked for, whatever they come in"""
    for kept, given in (
        (torch.float64, torch.float64),
        (torch.bfloat16, torch.bfloat16),
        (torch.float16, torch.float32),
    ):
        b, n, h = draw.sizes(3)
        cache = submission.StaticCache(b, 1, n, 9, h, kept)
        for t in (3, 1):
            name = f"(K, V) in {kept}, given {given}, after {t} more"
            observe(name, tuple(cache.update(0, *pair(draw, b, n, t, h, dtype=given))))


def test_buffers_stay(submission, draw, observe):
    """What update returns are views of buffers that never move"""
    b, n, h = draw.sizes(3)
    cache = submission.StaticCache(b, 2, n, 12, h, torch.float32)
    for layer in range(2):
        k, v = pair(draw, b, n, 3, h)
        first = cache.update(layer, k, v)
        for name, out, new in (("K", first[0], k), ("V", first[1], v)):
            observe.apart(f"layer {layer}: {name} after one call has memory of its own", out, new)
        for call in ("second", "third"):
            with observe.operations() as ops:
                later = cache.update(layer, *pair(draw, b, n, 2, h))
            joined = max((op.elements for op in ops.ops if op.name in ("cat", "stack")), default=0)
            for name, old, new in (("K", first[0], later[0]), ("V", first[1], later[1])):
                says = f"{name} of the {call} call lies in other memory than {name} of the first."
                observe.shares(f"layer {layer}: {name} of the {call} call", new, old, says=says)
            says = "The past was concatenated with what is new."
            observe(f"layer {layer}: no concatenation", joined <= 2 * b * n * 2 * h, holds("is_true", says))


def test_new_only(submission, draw, observe):
    """One new token after many: no more is written than that token"""
    b, n, h = draw.sizes(3)
    cache = submission.StaticCache(b, 2, n, 60, h, torch.float32)
    for layer in range(2):
        cache.update(layer, *pair(draw, b, n, 50, h))
        k, v = pair(draw, b, n, 1, h)
        with observe.operations() as ops:
            cache.update(layer, k, v)
        written = max((op.elements for op in ops.ops if op.name in COPYING.split()), default=0)
        observe(f"layer {layer}: little is written", written <= 2 * b * n * h, holds("is_true", AGAIN))


def test_speed(submission, draw, observe):
    """One new token after 960: at least 5 times as fast as by concatenation"""
    k, v = pair(draw, 2, 8, 960, 64)
    new = draw.normal(2, 8, 1, 64)

    caches = []

    def fast():
        if not caches or caches[-1].length >= 1000:
            caches[:] = [submission.StaticCache(2, 1, 8, 1008, 64, torch.float32)]
            caches[-1].update(0, k, v)
        for _ in range(8):
            caches[-1].update(0, new, new)

    observe.faster("speed against concatenation", lambda: slow(k, v, new), fast, times=5)
