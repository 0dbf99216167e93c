"""Checks for gqa: its weights, shape, one key head for each query, one for all, groups, causality, gradients."""

import torch

from graders.kit import equal, holds

COARSE = equal(rtol=5e-2, atol=8e-2, because="bfloat16 has 8 significant bits")
FUTURE = "The last token was changed, and outputs before it changed too."
REPEATED = "Ordinary attention whose key and value heads are copies, one for each query, gives other outputs."


def sizes(draw):
    """n_kv_head, group, h, B, T: all different, none of them 1; no count of heads can be taken for another."""
    kv, group, h, b, t = draw.sizes(5, low=2, high=6)
    return kv, group, h, b, t


def build(submission, draw, kv, group, h, dtype=torch.float32):
    """The learner's attention with fresh weights."""
    n = kv * group
    return draw.fill(submission.GQA(n * h, n, kv).to(dtype), scale=(n * h) ** -0.5)


def test_weights(submission, draw, observe):
    """Four projections without biases; keys and values are n_kv_head heads wide"""
    for kv, group in ((3, 1), (1, 4), (2, 3)):
        h = draw.integer(2, 6)
        layer = submission.GQA(kv * group * h, kv * group, kv)
        name = f"n_head={kv * group}, n_kv_head={kv}, h={h}"
        observe(f"state_dict, {name}", {key: list(value.shape) for key, value in sorted(layer.state_dict().items())})
        observe(f"parameters, {name}", sorted(key for key, _ in layer.named_parameters()))


def test_shape(submission, draw, observe):
    """[B, T, C] goes in and comes out"""
    kv, group, h, b, t = sizes(draw)
    layer = build(submission, draw, kv, group, h)
    for length in (t, 1):
        x = draw.normal(b, length, kv * group * h)
        observe(f"shape of the output, T={length}", list(layer(x).shape))


def test_one_for_each(submission, draw, observe):
    """With as many key heads as queries it is multi-head attention"""
    kv, _, h, b, t = sizes(draw)
    layer = build(submission, draw, kv, 1, h)
    observe.call("forward(x), one token", layer, draw.normal(b, 1, kv * h))
    observe.call("forward(x)", layer, draw.normal(b, t, kv * h))


def test_one_for_all(submission, draw, observe):
    """With n_kv_head = 1 all queries share one key head"""
    _, group, h, b, t = sizes(draw)
    layer = build(submission, draw, 1, group, h)
    observe.call("forward(x), one token", layer, draw.normal(b, 1, group * h))
    observe.call("forward(x)", layer, draw.normal(b, t, group * h))


def test_groups(submission, draw, observe):
    """Neighboring queries form a group, and use the key head and the value head of that group"""
    kv, group, h, b, t = sizes(draw)
    layer = build(submission, draw, kv, group, h)
    observe.call(f"forward(x), {kv} groups of {group}, one token", layer, draw.normal(b, 1, kv * group * h))
    observe.call(f"forward(x), {kv} groups of {group}", layer, draw.normal(b, t, kv * group * h))
    layer = build(submission, draw, group, kv, h)
    observe.call(f"forward(x), {group} groups of {kv}", layer, draw.normal(b, t, kv * group * h))
    layer = build(submission, draw, 2, 2, h)
    observe.call("forward(x), 2 groups of 2", layer, draw.normal(b, t, 4 * h))


def test_repeated(submission, draw, observe):
    """It is multi-head attention in which some key heads are equal"""
    kv, group, h, b, t = sizes(draw)
    layer = build(submission, draw, kv, group, h, torch.float64)
    full = submission.GQA(kv * group * h, kv * group, kv * group).double()
    with torch.no_grad():
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            weight = getattr(layer, name).weight
            if name[0] in "kv":
                weight = weight.unflatten(0, (kv, 1, h)).expand(-1, group, -1, -1).flatten(0, 2)
            getattr(full, name).weight.copy_(weight)
        x = draw.normal(b, t, kv * group * h, dtype=torch.float64)
        observe("both agree", torch.allclose(layer(x), full(x)), holds("is_true", REPEATED))


def test_causal(submission, draw, observe):
    """No token sees a later one"""
    kv, group, h, b, t = sizes(draw)
    layer, x = build(submission, draw, kv, group, h), draw.normal(b, t, kv * group * h)
    other = torch.cat([x[:, :-1], draw.normal(b, 1, kv * group * h)], dim=1)
    before, after = layer(x)[:, :-1], layer(other)[:, :-1]
    observe("the past as before", torch.allclose(before, after, atol=1e-5), holds("is_true", FUTURE))


def test_dtype(submission, draw, observe):
    """In float64 and bfloat16 too; x may have gaps in memory"""
    kv, group, h, b, t = sizes(draw)
    x = draw.normal(b, t, kv * group * h, dtype=torch.float64)
    observe.call("forward(x float64)", build(submission, draw, kv, group, h, torch.float64), x)
    narrow = build(submission, draw, kv, group, h, torch.bfloat16)
    observe.call("forward(x bfloat16)", narrow, x.bfloat16(), rule=COARSE)
    observe.call("forward(strided x)", build(submission, draw, kv, group, h), draw.strided(x.float()))


def test_gradients(submission, draw, observe):
    """x and the four weights get their gradients; a shared head collects from its group"""
    kv, group, h, b, t = sizes(draw)
    layer = build(submission, draw, kv, group, h, torch.float64)
    x = draw.normal(b, t, kv * group * h, dtype=torch.float64)
    observe.gradients("forward(x)", layer, x, params=sorted(layer.named_parameters()), names=["x"])


def test_device(submission, draw, observe):
    """What is made on the way lies where x is"""
    kv, group, h, b, t = sizes(draw)
    layer, x = build(submission, draw, kv, group, h), draw.normal(b, t, kv * group * h)
    observe.stays_on_device("forward elsewhere", lambda layer, x: layer(x), layer, x)
