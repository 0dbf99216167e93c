"""Checks for cached-attention: the cache, two of them, layers; then attention whole, in steps, in chunks, in layers."""

from types import SimpleNamespace

import torch

from graders.kit import holds


def build(submission, draw, n, h, dtype=torch.float32, **more):
    """The learner's attention with fresh weights; no bias is zero."""
    config = SimpleNamespace(n_embd=n * h, n_head=n, n_layer=3, block_size=32, vocab_size=65)
    return draw.fill(submission.CausalSelfAttention(config, **more).to(dtype), scale=0.5)


class Recorder:
    """A cache of ours that writes down how it is called."""

    def __init__(self):
        self.calls, self.held = [], {}

    @property
    def length(self):
        return self.held[0][0].shape[2] if 0 in self.held else 0

    def update(self, layer, k, v):
        self.calls.append([layer, list(k.shape), list(v.shape)])
        past = self.held.get(layer)
        self.held[layer] = (k, v) if past is None else (torch.cat([past[0], k], 2), torch.cat([past[1], v], 2))
        return self.held[layer]


def cuts(draw, total, parts):
    """Lengths ≥ 1 of the parts, which add up to the total."""
    at = sorted(draw.random.sample(range(1, total), parts - 1))
    return [b - a for a, b in zip([0, *at], [*at, total], strict=True)]


def in_chunks(run, x, lengths):
    return torch.cat([run(part) for part in x.split(lengths, dim=1)], dim=1)


def test_update(submission, draw, observe):
    """update puts new tokens behind the old ones and returns all of them"""
    b, n, t, h = draw.sizes(4)
    cache = submission.KVCache(1)
    observe("length of an empty cache", cache.length)
    for call in (1, 2, 3):
        k, v = draw.normal(b, n, t, h), draw.normal(b, n, t, h)
        observe.call(f"(K, V) of update {call}", lambda *kv: tuple(cache.update(0, *kv)), k, v)
        observe(f"length after update {call}", cache.length)


def test_two_caches(submission, draw, observe):
    """Two caches know nothing of each other"""
    b, n, h, t = draw.sizes(4)
    one, two = submission.KVCache(2), submission.KVCache(2)
    for step in range(2):
        for name, cache in (("one", one), ("the other", two)):
            pair = draw.normal(b, n, t, h), draw.normal(b, n, t, h)
            observe(f"(K, V) of {name}, call {step + 1}", tuple(cache.update(1, *pair)))


def test_layers(submission, draw, observe):
    """Each layer has tokens of its own; length counts those of layer 0"""
    b, n, h, first, then = draw.sizes(5)
    cache = submission.KVCache(3)
    for call, length in (("first", first), ("second", then), ("third", 1)):
        for layer in range(3):
            pair = draw.normal(b, n, length, h), draw.normal(b, n, length, h)
            observe(f"(K, V) of layer {layer} at the {call} call", tuple(cache.update(layer, *pair)))
            observe(f"length after layer {layer} of the {call} call", cache.length)


def test_without_cache(submission, draw, observe):
    """Without a cache it is the attention of lesson 20"""
    n, h, b, t = draw.sizes(4)
    layer = build(submission, draw, n, h)
    observe("state_dict", {key: list(value.shape) for key, value in sorted(layer.state_dict().items())})
    for call, length in (("first", t), ("second", 1), ("third", t + 1)):
        observe.call(f"forward(x), {call} call", layer, draw.normal(b, length, n * h))


def test_interface(submission, draw, observe):
    """It calls cache.update(layer_idx, k, v) once, with the new tokens as [B, H, T, h]"""
    n, h, b, t = draw.sizes(4)
    for index in (2, 0):
        layer, cache = build(submission, draw, n, h, layer_idx=index), Recorder()
        for length in (t, 1):
            out = layer(draw.normal(b, length, n * h), cache)
            observe(f"shape of the output for T={length}", list(out.shape))
        observe(f"calls of update in layer {index}: [layer, shape of k, shape of v]", cache.calls)


def test_prefill(submission, draw, observe):
    """A whole prompt through an empty cache gives what it gives without one"""
    n, h, b, t = draw.sizes(4)
    layer, x = build(submission, draw, n, h), draw.normal(b, t, n * h)
    observe.call("forward(x, an empty cache)", lambda x: layer(x, submission.KVCache(1)), x)


def test_one_by_one(submission, draw, observe):
    """After a prompt, one token at a time"""
    n, h, b, t = draw.sizes(4)
    layer, cache = build(submission, draw, n, h), submission.KVCache(1)
    layer(draw.normal(b, t, n * h), cache)
    for step in range(3):
        observe.call(f"token {t + step}", lambda x: layer(x, cache=cache), draw.normal(b, 1, n * h))
        observe("length", cache.length)
    x, cache = draw.normal(b, 4, n * h), submission.KVCache(1)
    observe("four tokens, one by one from the start", in_chunks(lambda part: layer(part, cache), x, [1] * 4))


def test_chunks(submission, draw, observe):
    """However a sequence is cut into calls, the outputs are those of one call"""
    n, h, b = draw.sizes(3)
    for dtype in (torch.float32, torch.float64):
        layer = build(submission, draw, n, h, dtype=dtype)
        for lengths in ([2, 3], [3, 2, 1, 4], cuts(draw, 11, 4)):
            x, cache = draw.normal(b, sum(lengths), n * h, dtype=dtype), submission.KVCache(1)
            name = f"{sum(lengths)} tokens in calls of {lengths}"
            observe.call(name, lambda x, c=cache, f=layer, k=lengths: in_chunks(lambda p: f(p, c), x, k), x)


def test_two_layers(submission, draw, observe):
    """Layers that share one cache, each in its own place"""
    n, h, b = draw.sizes(3)
    layers = [build(submission, draw, n, h, dtype=torch.float64, layer_idx=i) for i in range(3)]
    cache, lengths = submission.KVCache(3), [3, 2, 1, 4]

    def run(x):
        for layer in layers:
            x = x + layer(x, cache)
        return x

    x = draw.normal(b, sum(lengths), n * h, scale=0.5, dtype=torch.float64)
    observe(f"three layers, {sum(lengths)} tokens in calls of {lengths}", in_chunks(run, x, lengths))
    observe("length", cache.length)


def test_new_tokens_only(submission, draw, observe):
    """One new token after many: only the new one is projected"""
    n, h, b = draw.sizes(3)
    layer, cache = build(submission, draw, n, h), submission.KVCache(1)
    with torch.no_grad():
        layer(draw.normal(b, 20, n * h), cache)
        x = draw.normal(b, 1, n * h)
        with observe.operations() as ops:
            layer(x, cache)
    largest = max((op.elements for op in ops.ops if op.name in ("addmm", "mm")), default=0)
    says = "A product with the weights made more rows than there are new tokens."
    observe("the projections made one row for each sequence", largest <= b * 3 * n * h, holds("is_true", says))


def test_gradients(submission, draw, observe):
    """In training, without a cache, x and all four parameters get their gradients"""
    n, h, b, t = draw.sizes(4)
    layer = build(submission, draw, n, h, dtype=torch.float64)
    params = sorted(layer.named_parameters())
    x = draw.normal(b, t, n * h, dtype=torch.float64)
    observe.gradients("forward(x)", layer, x, params=params, names=["x"])


def test_device(submission, draw, observe):
    """What is made on the way lies where x is"""
    n, h, b, t = draw.sizes(4)

    def two_calls(layer, x, y):
        cache = submission.KVCache(1)
        return layer(x, cache), layer(y, cache)

    layer = build(submission, draw, n, h)
    observe.stays_on_device("forward elsewhere", two_calls, layer, draw.normal(b, t, n * h), draw.normal(b, 1, n * h))
