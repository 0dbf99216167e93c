"""Checks for cached-generate: the model with and without a past, then text: the same tokens, each worked on once."""

from contextlib import contextmanager
from types import SimpleNamespace

import torch

from graders.kit import holds, noted

SAME = "With and without the cache the tokens differ."
TWICE = "More tokens went through the model than the prompt and the new ones: some were worked on twice."


def build(submission, draw, block_size=12, vocab=23):
    """A small GPT in float64 with strong weights: what a token sees, and where it stands, changes what comes next."""
    n_head, n_layer = draw.sizes(2, high=3)
    config = SimpleNamespace(
        n_embd=8 * n_head, n_head=n_head, n_layer=n_layer, block_size=block_size, vocab_size=vocab, dropout=0.0
    )
    model = submission.GPT(config).double()
    with torch.no_grad():
        for name, p in sorted(model.named_parameters()):
            matrix = 1.0 if "wte" in name or "wpe" in name else 2.5 / p.shape[-1] ** 0.5
            gain = p.dim() == 1 and name.endswith("weight")
            p.copy_(draw.normal(*p.shape, scale=matrix if p.dim() == 2 else 0.2, mean=float(gain)))
    return model


def prompts(draw, length, rows=7, vocab=23):
    return draw.integers(0, vocab, rows, length)


def generator(draw):
    return torch.Generator().manual_seed(draw.integer(0, 2**31))


@contextmanager
def counted(model):
    """How many tokens (of all rows) the MLP of the last block sees in each of its calls."""
    seen = []
    layer = model.transformer.h[-1].mlp.c_proj
    hook = layer.register_forward_hook(lambda module, args, out: seen.append(out.numel() // out.shape[-1]))
    yield seen
    hook.remove()


def test_model(submission, draw, observe):
    """Without a cache the model is as it was: logits, loss, gradients, keys of the state_dict"""
    model = build(submission, draw)
    idx = prompts(draw, 7, rows=3)
    targets = prompts(draw, 7, rows=3)
    targets[1, 2:5] = -100
    observe("keys of the state_dict", sorted(model.state_dict()))
    observe.call("forward(idx, targets)", model, idx, targets)[1].backward()
    observe("gradient of wte", model.transformer.wte.weight.grad)
    observe("gradient of c_attn", model.transformer.h[0].attn.c_attn.weight.grad)
    observe.call("forward(idx) with block_size tokens", model, prompts(draw, 12, rows=2))
    observe.raises("forward(idx) with one token more", model, prompts(draw, 13, rows=2), type="ValueError")


def test_uncached(submission, draw, observe):
    """use_cache=False: greedy and sampled, past block_size too"""
    model = build(submission, draw)
    for length, new in ((3, 12), (1, 4), (15, 3)):
        name = f"generate, greedy, {length} + {new} tokens"
        observe.call(name, submission.generate, model, prompts(draw, length), new, 0, use_cache=False)
    idx = prompts(draw, 3)
    more = {"temperature": 0.7, "top_k": 9, "generator": generator(draw), "use_cache": False}
    observe.call("generate, sampled", submission.generate, model, idx, 12, **more)


def test_positions(submission, draw, observe):
    """The model in two or three calls with one cache: the logits are those of one call"""
    model = build(submission, draw)
    for lengths in ([5, 1, 1], [2, 4, 3], [1, 11]):
        idx, cache = prompts(draw, sum(lengths), rows=3), submission.KVCache(model.config.n_layer)
        for call, part in enumerate(idx.split(lengths, dim=1)):
            name = f"logits of call {call + 1} of {lengths}"
            observe.call(name, lambda part, cache=cache: model(part, cache=cache)[0], part)


def test_too_long(submission, draw, observe):
    """Past and new tokens together are at most block_size"""
    model = build(submission, draw)
    past = draw.integer(3, 9)
    for extra, what in ((0, "as many as there is room for"), (1, "one more")):
        cache = submission.KVCache(model.config.n_layer)
        model(prompts(draw, past, rows=2), cache=cache)
        idx = prompts(draw, 12 - past + extra, rows=2)
        if extra:
            observe.raises(f"{past} tokens, then {what}", model, idx, type="ValueError", cache=cache)
        else:
            observe.call(f"{past} tokens, then {what}", model, idx, cache=cache)


def test_greedy(submission, draw, observe):
    """Greedy, up to block_size: the tokens are those of use_cache=False"""
    for length, new in ((4, 8), (1, 7), (6, 1), (3, 0)):
        model, idx = build(submission, draw), prompts(draw, length)
        observe.call(f"greedy, {length} + {new} tokens", submission.generate, model, idx, new, temperature=0)


def test_each_token_once(submission, draw, observe):
    """With the cache each token is worked on once: the prompt, then one new token a step"""
    model = build(submission, draw)
    length, new, rows = draw.integer(2, 4), 8, 3
    for cached in (True, False):
        with counted(model) as seen:
            more = {} if cached else {"use_cache": False}
            submission.generate(model, prompts(draw, length, rows), new, temperature=0, **more)
        words = f"{length} + {new} tokens, use_cache={cached}"
        if cached:
            observe(f"{words}: tokens worked on", sum(seen) <= rows * (length + new), holds("is_true", TWICE))
        else:
            often = sum(seen) >= rows * sum(range(length, length + new))
            observe(f"{words}: no cache used", often, holds("is_true", "use_cache=False used a cache."))
        observe(f"{words}: work of each call", seen, noted())


def test_next_prompt(submission, draw, observe):
    """Several short prompts in a row, each as if it were the first"""
    model = build(submission, draw)
    for length, new in ((2, 3), (1, 4), (3, 2)):
        idx = prompts(draw, length)
        observe.call(f"greedy, {length} + {new} tokens", submission.generate, model, idx, new, temperature=0)


def test_sampled(submission, draw, observe):
    """Sampled with the same seed: the tokens are those of use_cache=False"""
    model = build(submission, draw)
    for more in ({}, {"temperature": 1.6, "top_k": 5}, {"top_p": 0.6}, {"top_k": 99, "top_p": 1.0, "temperature": 4}):
        idx, seed = prompts(draw, 3), draw.integer(0, 2**31)
        both = [
            submission.generate(model, idx, 9, generator=torch.Generator().manual_seed(seed), use_cache=cached, **more)
            for cached in (True, False)
        ]
        observe(f"sampled with {more}", both[0])
        observe(f"sampled with {more}, with and without", torch.equal(*both), holds("is_true", SAME))


def test_beyond_block_size(submission, draw, observe):
    """Past block_size the last block_size tokens are read again, at every step"""
    model = build(submission, draw)
    for length, new in ((8, 9), (12, 3), (11, 4), (17, 3)):
        idx, seed = prompts(draw, length), draw.integer(0, 2**31)
        name = f"{length} + {new} tokens with block_size 12"
        observe.call(f"greedy, {name}", submission.generate, model, idx, new, temperature=0)
        more = {"temperature": 1.2, "generator": torch.Generator().manual_seed(seed)}
        observe.call(f"sampled, {name}", submission.generate, model, idx, new, **more)


def test_eos(submission, draw, observe):
    """A row that has drawn eos_id is filled with it; when all have, the writing ends"""
    model = build(submission, draw, vocab=5)
    for cached in (True, False):
        seed, idx = generator(draw), prompts(draw, 3, vocab=5)
        more = {"temperature": 3.0, "eos_id": draw.integer(0, 4), "generator": seed, "use_cache": cached}
        observe.call(f"30 new tokens at most, use_cache={cached}", submission.generate, model, idx, 30, **more)


def test_modes(submission, draw, observe):
    """It runs in eval mode and without gradients, and leaves the model in the mode it was in"""
    for training in (True, False):
        model, states = build(submission, draw).train(training), []

        def note(module, args, states=states, model=model):
            states.append([model.training, torch.is_grad_enabled()])

        model.transformer.h[0].register_forward_pre_hook(note)
        submission.generate(model, prompts(draw, 2), 2, temperature=0)
        observe("the model trains, gradients are on", [True in each for each in zip(*states, strict=True)])
        observe(f"training afterwards, {training} before", [m.training for m in (model, model.transformer.h[0])])


def test_device(submission, draw, observe):
    """What the model and generate make on the way lies where idx is"""
    model, n_layer = build(submission, draw), 3

    def two_calls(model, idx, more):
        cache = submission.KVCache(n_layer)
        return model(idx, cache=cache), model(more, cache=cache)

    observe.stays_on_device("forward elsewhere", two_calls, model, prompts(draw, 4), prompts(draw, 1))
    observe.stays_on_device("generate elsewhere", submission.generate, model, prompts(draw, 4), 1, temperature=0)
