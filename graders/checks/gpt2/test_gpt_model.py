"""Checks for gpt-model: names and counts, shapes, positions, logits, length, loss, −100, gradients, device."""

from types import SimpleNamespace

import torch

from graders.kit import noted


def config(n_head=2, head=4, n_layer=2, block_size=7, vocab_size=19):
    return SimpleNamespace(
        n_embd=n_head * head, n_head=n_head, n_layer=n_layer, block_size=block_size, vocab_size=vocab_size, dropout=0.0
    )


def named(model):
    """The model's parameters by name, the matrix under wte's alone: which of its two names comes first is free."""
    found = dict(model.named_parameters(remove_duplicate=False))
    head = found.pop("lm_head.weight", None)
    apart = {"untied head": head} if head is not None and head is not model.transformer.wte.weight else {}
    return sorted(found.items()) + list(apart.items())


def fill(draw, model, scale=0.4):
    """Fresh values by name: nothing zero, no two alike."""
    with torch.no_grad():
        for _, p in named(model):
            p.copy_(draw.normal(*p.shape, scale=scale, mean=0.1, dtype=p.dtype))
    return model


def build(submission, draw, dtype=torch.float64, **sizes):
    """The learner's model with fresh weights: nothing zero, no two alike."""
    return fill(draw, submission.GPT(config(**sizes)).to(dtype))


def roomy(submission, draw):
    """A model with more places than tokens: wrong places are then read, and found, before one is missing."""
    return build(submission, draw, block_size=9, vocab_size=6)


def batch(draw, model, b=None, length=None):
    """Ids and targets for a model; every target is asked."""
    b, length = b or draw.integer(2, 4), length or draw.integer(3, model.config.block_size - 1)
    v = model.config.vocab_size
    return draw.integers(0, v, b, length), draw.integers(0, v, b, length)


def test_names(submission, draw, observe):
    """The names and shapes are GPT-2's: at full size 149 keys and 124,439,808 parameters"""
    n, h, layers, t, v = draw.sizes(5, high=8)
    small = submission.GPT(config(n, h, layers, t, v))
    observe("state_dict", {key: list(value.shape) for key, value in sorted(small.state_dict().items())})
    same = torch.equal(small.lm_head.weight, small.transformer.wte.weight)
    observe("equal values under two names", same, noted())
    observe("one Parameter under two names", small.lm_head.weight is small.transformer.wte.weight)
    with torch.device("meta"):
        full = submission.GPT(config(12, 64, 12, 1024, 50257))
    observe("keys of the state_dict at full size", len(full.state_dict()))
    observe("parameters at full size", sum(p.numel() for p in full.parameters()))


def test_shapes(submission, draw, observe):
    """It returns logits [B, T, V] for every position, and a 0-d loss when there are targets"""
    model = roomy(submission, draw)
    for length in (1, 7, 4):
        idx, targets = batch(draw, model, length=length)
        for asked in (None, targets):
            out = model(idx) if asked is None else model(idx, asked)
            what = "forward(idx)" if asked is None else "forward(idx, targets)"
            observe(f"what {what} returns for T={length}", type(out).__name__)
            observe("how many things", len(out))
            observe("shape of the logits", list(out[0].shape))
            observe("shape of the loss", None if out[1] is None else list(out[1].shape))


def test_positions(submission, draw, observe):
    """The same token at other places gets other logits: place t is row t of wpe"""
    model = roomy(submission, draw)
    for block in model.transformer.h:  # silent blocks: only the tables speak
        for part in (block.attn, block.mlp):
            for p in part.c_proj.parameters():
                p.data.zero_()
    token = draw.integer(0, 5)
    observe.call("forward(equal tokens), blocks silent", model, torch.full((2, 7), token))
    observe.call("forward(one token), blocks silent", model, torch.full((2, 1), token))


def test_logits(submission, draw, observe):
    """Blocks in turn, then ln_f, then the head: the logits are right"""
    for n, h, layers, dtype in ((2, 3, 3, torch.float64), (3, 2, 1, torch.float32), (1, 5, 2, torch.float64)):
        model = build(submission, draw, dtype, n_head=n, head=h, n_layer=layers, vocab_size=draw.integer(11, 30))
        idx, _ = batch(draw, model)
        observe.call(f"forward(idx) with {layers} blocks", model, idx)
        observe.call("forward(idx) with T = block_size", model, batch(draw, model, length=7)[0])


def test_too_long(submission, draw, observe):
    """More than block_size tokens raise"""
    model = build(submission, draw)
    for more in (1, draw.integer(2, 5)):
        idx = draw.integers(0, 19, 2, 7 + more)
        try:
            answered = model(idx)[0].shape[1]
        except Exception:
            answered = None
        observe("how many positions were answered", answered, noted())
        observe.raises(f"forward(idx) with {more} more tokens than block_size", model, idx)


def test_loss(submission, draw, observe):
    """The loss is the mean cross entropy, target t at position t"""
    for dtype in (torch.float64, torch.float32):
        model = build(submission, draw, dtype)
        idx, targets = batch(draw, model)
        observe.call("forward(idx, targets)", model, idx, targets)
    observe.call("forward(idx, targets=targets)", model, idx, targets=targets)


def test_ignored(submission, draw, observe):
    """Targets of −100 are not asked, and do not count"""
    model = build(submission, draw)
    idx, targets = batch(draw, model)
    some = targets.clone()
    some[0, :2] = -100
    some[1, -1] = -100
    observe.call("forward(idx, targets with three −100)", model, idx, some)
    one = torch.full_like(targets, -100)
    one[1, 1] = targets[1, 1]
    observe.call("forward(idx, targets all −100 but one)", model, idx, one)


def test_gradients(submission, draw, observe):
    """backward gives every parameter its gradient, wte from both of its uses"""
    model = build(submission, draw)
    idx, targets = batch(draw, model)
    targets[0, 1] = -100
    model(idx, targets)[1].backward()
    for name, p in named(model):
        observe(f"gradient of {name}", p.grad)


def test_device(submission, draw, observe):
    """Everything stays on the device of the tokens"""
    model = build(submission, draw)
    idx, targets = batch(draw, model)
    observe.stays_on_device("forward(idx, targets)", lambda m, i, t: m(i, t), model, idx, targets)
