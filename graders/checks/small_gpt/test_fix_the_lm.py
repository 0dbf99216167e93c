"""Checks for fix-the-lm: shapes, rows of a batch, the future, a token itself, order, device, and the text it writes."""

import torch

from graders.kit import holds, noted

ZERO = 1e-9
"""Changes up to this are none, and above it are some: everything here is computed in float64."""


def build(submission, draw, layers=2, max_len=9, dropout=None, V=13, n=0, scale=0.5):
    """A model in float64 with drawn weights of good size, so that whatever can make a difference makes one.

    Two or four heads unless said otherwise: with an odd number torch never takes its faster path in eval mode.
    """
    n = n or draw.random.choice([2, 4])
    sizes = (V, n * 2 * draw.integer(2, 3), n, layers, max_len)
    model = submission.TransformerLM(*sizes, *([] if dropout is None else [dropout])).double()
    with torch.no_grad():
        for _, p in sorted(model.named_parameters()):
            p.copy_(draw.normal(*p.shape, scale=scale, dtype=p.dtype))
    return model


def change(model, idx, other):
    """[B, T]: how much the logits of each position change when idx becomes other."""
    with torch.no_grad():
        return (model(idx) - model(other)).abs().amax(-1)


def replaced(draw, idx, where, V=13):
    """idx with other tokens in the columns ``where``."""
    other = idx.clone()
    other[:, where] = (idx[:, where] + draw.integer(1, V - 1)) % V
    return other


def test_shape(submission, draw, observe):
    """[B, T] gives [B, T, vocab_size], for any T up to max_len, in the dtype of the parameters"""
    b, V, max_len = draw.integer(2, 4), draw.integer(5, 8), draw.integer(10, 12)
    for mode in ("train", "eval"):
        model = build(submission, draw, 1, max_len, V=V).train(mode == "train")
        for t in (max_len, 1, b, 9):
            with torch.no_grad():
                out = model(draw.integers(0, V, b, t))
            observe(f"shape of the logits for B={b}, T={t}", list(out.shape))
            observe("their dtype", str(out.dtype))
            says = f"There is a NaN among the logits in {mode} mode."
            fine = bool(out.isfinite().all())
            observe(f"logits for T={t} in {mode} mode are numbers", fine, holds("is_true", says))
            observe("positions with a NaN", out.isnan().any(-1), noted())


def test_rows(submission, draw, observe):
    """The sequences of a batch have nothing to do with each other"""
    for mode in ("train", "eval"):
        model = build(submission, draw).train(mode == "train")
        n = draw.integer(3, 5)
        idx = draw.integers(0, 13, n, n)  # square: dimensions that have changed places would not be noticed
        other = idx.clone()
        other[1:] = replaced(draw, idx, slice(None))[1:]
        says = "The first sequence's logits changed when other sequences of the batch did."
        observe(f"row 0 stays, in {mode} mode", bool(change(model, idx, other)[0].max() < ZERO), holds("is_true", says))


def test_future(submission, draw, observe):
    """Changing later tokens leaves the logits of earlier positions as they were, in train and in eval mode"""
    for mode in ("train", "eval"):
        for layers, heads in ((1, 2), (2, 3), (2, 4)):
            model = build(submission, draw, layers, n=heads).train(mode == "train")
            t = draw.integer(6, 9)
            for cut in (1, draw.integer(2, t - 2), t - 1):
                idx = draw.integers(0, 13, 3, t)
                moved = change(model, idx, replaced(draw, idx, slice(cut, None)))
                says = f"The future leaks in {mode} mode: logits changed where only later tokens had changed."
                still = bool(moved[:, :cut].max() < ZERO)
                observe(f"logits before {cut} of {t} stay, in {mode} mode", still, holds("is_true", says))
            observe(f"who sees whom in {mode} mode", sees(model, draw), noted())


def sees(model, draw, t=5):
    """bool [t, t]: does the token of this column make a difference to the logits of this row?"""
    idx = draw.integers(0, 13, 2, t)
    columns = [change(model, idx, replaced(draw, idx, slice(s, s + 1))).amax(0) > ZERO for s in range(t)]
    return torch.stack(columns, 1)


def test_own_token(submission, draw, observe):
    """The logits of a position change with its own token"""
    for mode in ("train", "eval"):
        model = build(submission, draw, 1).train(mode == "train")
        idx = draw.integers(0, 13, 2, 6)
        t = draw.integer(1, 5)
        moved = change(model, idx, replaced(draw, idx, slice(t, t + 1)))
        says = f"In {mode} mode a position's logits stayed the same when its own token changed."
        observe(f"logits at {t} change, in {mode} mode", bool(moved[:, t].min() > ZERO), holds("is_true", says))


def test_past(submission, draw, observe):
    """The logits of a position change with every token before it"""
    model = build(submission, draw, 1)
    t = draw.integer(5, 8)
    idx = draw.integers(0, 13, 2, t)
    for s in range(t - 1):
        moved = change(model, idx, replaced(draw, idx, slice(s, s + 1)))
        says = f"The logits of the last of {t} tokens stayed the same when token {s} changed."
        observe(f"token {s} counts", bool(moved[:, -1].min() > ZERO), holds("is_true", says))


def test_order(submission, draw, observe):
    """Order counts: two earlier tokens swapped change the logits of the last, with one layer"""
    for mode in ("train", "eval"):
        model = build(submission, draw, 1).train(mode == "train")
        t = draw.integer(4, 8)
        idx = torch.stack([torch.tensor(draw.random.sample(range(13), t)) for _ in range(3)])
        i, j = sorted(draw.random.sample(range(t - 1), 2))
        other = idx.clone()
        other[:, i], other[:, j] = idx[:, j], idx[:, i]
        says = f"In {mode} mode the last token's logits do not know which of two earlier tokens came first."
        moved = change(model, idx, other)[:, -1]
        observe(f"tokens {i} and {j} swapped", bool(moved.min() > ZERO), holds("is_true", says))


def test_dropout(submission, draw, observe):
    """Dropout acts in train mode, and not in eval mode"""
    model = build(submission, draw, dropout=0.5)
    idx = draw.integers(0, 13, 2, 7)
    with torch.no_grad():
        model.train()
        says = "In train mode, with dropout=0.5, two calls gave the same."
        observe("two calls in train mode differ", not torch.equal(model(idx), model(idx)), holds("is_true", says))
        model.eval()
        same = bool((model(idx) - model(idx)).abs().max() < ZERO)
        observe("two calls in eval mode agree", same, holds("is_true", "In eval mode two calls gave different logits."))


def test_device(submission, draw, observe):
    """New tensors are made on idx's device"""
    model = build(submission, draw).to("meta")
    observe.stays_on_device("forward(idx)", model, torch.zeros(2, 5, dtype=torch.long))


def test_generate(submission, draw, observe):
    """generate returns the prompt and n_new greedy tokens, each from the last max_len tokens before it"""
    greedy = {"while the text fits": True, "when it is longer than max_len": True}
    for prompt, new in ((3, 2), (1, 9), (5, 4), (9, 3), (8, 0), (2, 3), (6, 6)):
        model = talkative(submission, draw, max_len=5)
        idx = draw.integers(0, 13, 8, prompt)
        old = idx.clone()
        text = model.generate(idx, new)
        name = f"generate({prompt} tokens, {new})"
        observe(f"shape of {name}, max_len 5", list(text.shape))
        begins = torch.equal(text[:, :prompt], old)
        observe(f"{name} begins with the prompt", begins, holds("is_true", "The text does not begin with the prompt."))
        observe("the prompt as it was", torch.equal(idx, old), holds("is_true", "The prompt was written to."))
        for t in range(prompt, text.shape[1]):
            right = torch.equal(text[:, t], best(model, text[:, max(0, t - 5) : t]))
            greedy["while the text fits" if t <= 5 else "when it is longer than max_len"] &= right
    for when, right in greedy.items():
        says = "A new token is not the one with the largest logit behind the last max_len tokens."
        observe(f"new tokens are greedy {when}", right, holds("is_true", says))


def talkative(submission, draw, max_len):
    """A model whose favorite token depends on the text: many drawn ones say the same whatever they read."""
    for _ in range(40):
        n = draw.random.choice([2, 4])
        model = submission.TransformerLM(13, n * 2 * draw.integer(2, 3), n, 2, max_len).double().eval()
        with torch.no_grad():
            for _, p in sorted(model.named_parameters()):
                flat = p.dim() == 1  # gains and biases stay near where they start: they are alike for every text
                p.copy_(draw.normal(*p.shape, scale=0.1 if flat else 0.8, dtype=p.dtype) + (p if flat else 0))
        said = best(model, draw.integers(0, 13, 64, max_len))
        if len(said.unique()) >= 5 and (said == said.mode().values).sum() <= 32:
            break
    return model


def best(model, window):
    """The token with the largest logit at the last position."""
    with torch.no_grad():
        return model(window)[:, -1].argmax(-1)
