"""Checks for tiny-gpt: parameters, shapes, one position, causality, places, values, gradients, modes, device."""

import torch

from graders.kit import holds, noted


def tensors(model):
    """Every parameter once, under the name that the list gives it."""
    found = {}
    for name, p in model.named_parameters(remove_duplicate=False):
        found.setdefault(id(p), []).append((name, p))
    named = {}
    for same in found.values():
        name, p = next((pair for pair in same if pair[0] == "wte.weight"), same[0])
        named[name] = p
    return dict(sorted(named.items()))


def build(submission, draw, n_head=2, head=3, n_layer=2, dropout=None, dtype=torch.float32, V=11, T_max=8):
    """A model with drawn weights; no bias is zero, no gain is one."""
    C = n_head * head
    sizes = (V, C, n_head, C + draw.integer(3, 9), n_layer, T_max)
    model = submission.TinyGPT(*sizes, *([] if dropout is None else [dropout])).to(dtype)
    with torch.no_grad():
        for p in tensors(model).values():
            p.copy_(draw.normal(*p.shape, scale=0.5, mean=0.1, dtype=dtype))
    return model


def ids(draw, *shape, V=11):
    return draw.integers(0, V, *shape)


def test_parameters(submission, draw, observe):
    """The parameters have the names and shapes of the list; with 1000, 64, 4, 256, 4, 128 they are 272,256 numbers"""
    n, h, layers, positions = draw.sizes(4, low=2, high=6)
    V, d_ff = draw.integer(12, 20), draw.integer(21, 30)
    small = submission.TinyGPT(V, n * h, n, d_ff, layers, positions)
    observe(f"shapes of TinyGPT({V}, {n * h}, {n}, {d_ff}, {layers}, {positions})",
            {name: list(p.shape) for name, p in tensors(small).items()})  # fmt: skip
    model = submission.TinyGPT(1000, 64, 4, 256, 4, 128)
    observe("number of parameters", sum(p.numel() for p in model.parameters()))


def test_shape(submission, draw, observe):
    """[B, T] numbers give [B, T, V] logits, for any T up to T_max"""
    b, V = draw.integer(2, 4), draw.integer(5, 9)
    T_max = draw.integer(10, 12)
    model = build(submission, draw, V=V, T_max=T_max)
    for t in (T_max, 1, draw.integer(5, 8)):
        observe(f"shape for T={t}", list(model(ids(draw, b, t, V=V)).shape))


def test_one_position(submission, draw, observe):
    """With T = 1 there is nothing to mix: tables, norms, values, MLP, last norm, head"""
    for layers in (1, 3):
        model = build(submission, draw, n_layer=layers, dtype=torch.float64)
        observe.call(f"forward(idx [4, 1]) with {layers} blocks", model, ids(draw, 4, 1))


def test_causal(submission, draw, observe):
    """Changing a later token leaves every earlier position's logits as they were"""
    model = build(submission, draw)
    t = draw.integer(5, 8)
    idx, cut = ids(draw, 3, t), draw.integer(1, t - 1)
    changed = idx.clone()
    changed[:, cut:] = (idx[:, cut:] + draw.integer(1, 10)) % 11
    before, after = model(idx), model(changed)
    observe("logits", before, noted())
    still = bool((before[:, :cut] - after[:, :cut]).abs().max() < 1e-3)
    says = "The future leaks: logits changed where only later tokens had changed."
    observe("earlier logits stay", still, holds("is_true", says))


def test_places(submission, draw, observe):
    """The same token twice, and twice in other places: the positions tell them apart"""
    model = build(submission, draw, n_layer=1)
    token = draw.integer(0, 10)
    observe.call("forward(one token, five times)", model, torch.full((2, 5), token))


def test_values(submission, draw, observe):
    """The logits are right, for several numbers of heads and blocks, in float32 and float64"""
    for n, h, layers, dtype in [
        (1, 5, 1, torch.float64),
        (2, 3, 2, torch.float32),
        (3, 2, 1, torch.float64),
        (4, 2, 3, torch.float64),
    ]:
        b, t = draw.sizes(2, low=2, high=7)
        model = build(submission, draw, n, h, layers, dtype=dtype)
        observe.call(f"forward(idx [{b}, {t}]): {n} heads, {layers} blocks", model, ids(draw, b, t))


def test_gradients(submission, draw, observe):
    """Every parameter gets its gradient; wte gets it from both of its uses"""
    model = build(submission, draw, dtype=torch.float64)
    idx = ids(draw, 3, 5)
    up = draw.normal(3, 5, 11, dtype=torch.float64)
    (model(idx) * up).sum().backward()
    for name, p in tensors(model).items():
        observe(f"gradient of {name}", p.grad)


def test_modes(submission, draw, observe):
    """With dropout, train mode differs from call to call and eval mode does not; without, both are the same"""
    model = build(submission, draw, dropout=0.5)
    idx = ids(draw, 2, 6)
    observe.call("forward(idx) in eval mode, dropout 0.5", model.eval(), idx)
    model.train()
    differ = not torch.equal(model(idx), model(idx))
    says = "With dropout=0.5 two calls in train mode gave the same."
    observe("two calls in train mode differ", differ, holds("is_true", says))
    quiet = build(submission, draw)
    observe.call("forward(idx) in train mode, dropout left out", quiet.train(), idx)


def test_dropped(submission, draw, observe):
    """Dropout 1 in train mode leaves nothing: neither the tables' sum nor any branch adds to the stream"""
    model = build(submission, draw, dropout=1.0).train()
    observe("forward(idx) in train mode, dropout 1", model(ids(draw, 2, 4)))


def test_device(submission, draw, observe):
    """New tensors are made on idx's device"""
    model = build(submission, draw).to("meta")
    observe.stays_on_device("forward(idx)", model, torch.zeros(2, 5, dtype=torch.long))
