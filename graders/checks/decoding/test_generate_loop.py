"""Checks for generate-loop: greedy texts, the window, modes, ends; then the laws of chance, and the seed."""

from types import SimpleNamespace

import torch
from torch import nn

from graders.kit import equal, holds

ROWS = 20_000
NEAR = equal(rtol=0.0, atol=0.03, because=f"{ROWS:,} draws: chance explains 0.005")
SHARPER = "At temperature 2 the likeliest token comes more often than at temperature 0.5."
MODE = "While it wrote, the model was in train mode."
GRAPH = "While it wrote, a graph was recorded."
BACK = "The model is not in the mode that it came in."
GLOBAL = "A generator was given, and torch's own random numbers have moved."
DIFFERENT = "Two calls one after the other, with the same generator, gave the same text."


class Toy(nn.Module):
    """A model whose last position knows all tokens of its window and where each stands; it refuses longer ones."""

    def __init__(self, draw, block_size, vocab, dropout=0.0):
        super().__init__()
        self.config = SimpleNamespace(block_size=block_size, vocab_size=vocab)
        width = 11
        self.wte, self.wpe = nn.Embedding(vocab, width), nn.Embedding(block_size, width)
        self.mix, self.head = nn.Linear(width, width), nn.Linear(width, vocab)
        self.drop = nn.Dropout(dropout)
        self.double()
        draw.fill(self, scale=1.0)
        with torch.no_grad():
            self.mix.weight.mul_(0.6)
        self.calls = []

    def forward(self, idx, targets=None):
        length = idx.shape[1]
        if length > self.config.block_size:
            raise ValueError(f"{length} tokens, and only {self.config.block_size} positions")
        self.calls.append((self.training, torch.is_grad_enabled()))
        x = self.wte(idx) * (1 + torch.tanh(self.wpe.weight[:length]))  # a product: tokens cannot change places unseen
        h = torch.zeros_like(x[:, 0])
        outs = []
        for t in range(length):
            h = torch.sin(self.mix(h) + x[:, t])
            outs.append(self.head(self.drop(h)))
        return 2 * torch.stack(outs, dim=1), None


class Fixed(nn.Module):
    """A model with the same logits everywhere at the last position, and others before it."""

    def __init__(self, logits):
        super().__init__()
        self.config = SimpleNamespace(block_size=8, vocab_size=len(logits))
        self.register_buffer("logits", logits)

    def forward(self, idx, targets=None):
        out = -self.logits.expand(*idx.shape, -1).clone()
        out[:, -1] = self.logits
        return out, None


class Cycle(nn.Module):
    """A model that says of every token its successor, around a circle of V."""

    def __init__(self, V):
        super().__init__()
        self.config = SimpleNamespace(block_size=5, vocab_size=V)

    def forward(self, idx, targets=None):
        return 3.0 * nn.functional.one_hot((idx + 1) % self.config.vocab_size, self.config.vocab_size), None


def prompts(draw, length, rows=5, vocab=13):
    return draw.integers(0, vocab, rows, length)


def seeded(draw):
    return torch.Generator().manual_seed(draw.integer(0, 2**31))


def law(observe, draw, submission, logits, **how):
    """Observe how often each token is drawn, with many rows at once, and which ones are drawn at all."""
    V = len(logits)
    words = ", ".join(f"{k}={v}" for k, v in how.items()) or "as it is"
    idx = draw.integers(0, V, 1, 2).expand(ROWS, 2).clone()
    out = submission.generate(Fixed(logits), idx, 1, generator=seeded(draw), **how)
    counts = torch.bincount(out[:, -1].clone(), minlength=V)
    observe(f"share of each token, {words}", counts / ROWS, NEAR)
    observe(f"which tokens are drawn, {words}", (counts > 0).nonzero().flatten().tolist())
    return counts.max() / ROWS


def shuffled(draw, shares):
    """Logits of these probabilities, the tokens in any order, shifted by any number."""
    logits = torch.tensor(shares, dtype=torch.float64).log()[torch.randperm(len(shares), generator=draw.generator)]
    return logits + draw.number(-3, 3)


def test_first_token(submission, draw, observe):
    """Temperature 0, one new token: the prompt, then the largest logit of the last position"""
    for length in (1, 4, 6):
        model, idx = Toy(draw, 9, 13), prompts(draw, length)
        observe.call(f"greedy, {length} + 1 tokens", submission.generate, model, idx, 1, temperature=0)


def test_more_tokens(submission, draw, observe):
    """Several tokens, each behind all before it; none; temperature 0 beside filters; one row"""
    model = Toy(draw, 20, 13)
    for length, new in ((2, 9), (5, 4), (7, 2)):
        observe.call(f"greedy, {length} + {new} tokens", submission.generate, model, prompts(draw, length), new, 0)
    observe.call("greedy, 4 + 0 tokens", submission.generate, model, prompts(draw, 4), 0, temperature=0)
    more = {"temperature": 0, "top_k": 4, "top_p": 0.5}
    observe.call("greedy beside filters", submission.generate, model, prompts(draw, 3), 5, **more)
    observe.call("greedy, one row", submission.generate, model, prompts(draw, 3, rows=1), 5, temperature=0.0)


def test_window(submission, draw, observe):
    """Texts longer than block_size: the model is shown the last block_size tokens"""
    for length, new in ((3, 9), (6, 3), (9, 2), (1, 6)):
        model = Toy(draw, 6, 13)
        name = f"block_size 6, greedy, {length} + {new} tokens"
        observe.call(name, submission.generate, model, prompts(draw, length), new, temperature=0)


def test_eval_mode(submission, draw, observe):
    """The model evaluates while it writes, and no graph is recorded"""
    model = Toy(draw, 9, 13, dropout=0.5).train()
    out = submission.generate(model, prompts(draw, 3), 4, temperature=0)
    observe("in eval mode", bool(model.calls) and not any(mode for mode, _ in model.calls), holds("is_true", MODE))
    observe("without a graph", bool(model.calls) and not any(g for _, g in model.calls), holds("is_true", GRAPH))
    observe("gradients are on again afterwards", torch.is_grad_enabled())
    observe("the text, greedy", out)


def test_mode_restored(submission, draw, observe):
    """Afterwards the model is in the mode that it came in, also when it has written nothing"""
    for training in (True, False):
        for new in (3, 0):
            model = Toy(draw, 9, 13, dropout=0.5).train(training)
            submission.generate(model, prompts(draw, 3), new, temperature=0)
            same = all(m.training == training for m in model.modules())
            observe(f"train mode {training} before, {new} tokens", same, holds("is_true", BACK))


def test_eos(submission, draw, observe):
    """A row that has drawn eos_id is filled up with it; when all rows have, the writing ends"""
    V = draw.integer(9, 12)
    eos = draw.integer(0, V - 1)
    far = [draw.integer(4, 6), 1, 3, 2, 3]  # so many steps from the end, row by row
    last = torch.tensor([(eos - n) % V for n in far])
    idx = torch.stack([(last + 4) % V, last], dim=1)
    idx[idx == eos] = (eos + 1) % V
    for new in (30, max(far), 2):
        model = Cycle(V)
        observe.call(f"greedy, eos_id={eos}, at most {new}", submission.generate, model, idx, new, 0, eos_id=eos)
    observe.call("greedy, no eos_id", submission.generate, Cycle(V), idx, 2 * V, temperature=0)
    lively = {"temperature": 2.0, "eos_id": 2}
    out = submission.generate(Fixed(torch.zeros(4)), prompts(draw, 2, 7, 2), 400, generator=seeded(draw), **lively)
    ended = (out[:, 2:] == 2).long().cumsum(1) > 0
    says = "A row was finished and went on, or all were and the writing did not end."
    right = bool((out[:, 2:][ended] == 2).all()) and bool(ended[:, -1].all()) and not bool(ended[:, :-1].all(0).any())
    observe("drawn by chance: rows end, and the last one ends the text", right, holds("is_true", says))


def test_eos_in_the_prompt(submission, draw, observe):
    """An eos_id in the prompt finishes nothing"""
    model, idx = Toy(draw, 9, 13), prompts(draw, 4)
    plain = submission.generate(model, idx, 6, temperature=0)
    absent = [v for v in range(13) if v not in plain[:, 4:].flatten().tolist()] or [0]
    idx = idx.clone()
    eos = absent[0]
    idx[1, 0], idx[3, -1] = eos, eos
    observe.call(f"greedy, prompts with eos_id={eos}", submission.generate, model, idx, 6, temperature=0, eos_id=eos)
    idx[:, 1] = eos
    observe.call(f"greedy, all prompts with eos_id={eos}", submission.generate, model, idx, 6, 0, eos_id=eos)


def test_law_of_temperature(submission, draw, observe):
    """Tokens come as often as the probabilities say, at temperature 1 and at others; each row has its own draw"""
    shares = [0.4, 0.25, 0.15, 0.1, 0.06, 0.04]
    law(observe, draw, submission, shuffled(draw, shares))
    top = [law(observe, draw, submission, shuffled(draw, shares), temperature=t) for t in (1.0, 2.0, 0.5)]
    observe("hotter is not sharper", bool(top[1] <= top[2] + 0.05), holds("is_true", SHARPER))


def test_law_of_filters(submission, draw, observe):
    """With filters: the same among what is left, in the order temperature, top_k, top_p"""
    shares = [0.36, 0.26, 0.17, 0.1, 0.07, 0.04]
    cases = (
        {"top_k": 3},
        {"top_k": 1},
        {"top_k": 60, "top_p": 1.0},
        {"top_p": 0.7},
        {"top_p": 1e-9},
        {"temperature": 2.0, "top_k": 4},
        {"temperature": 3.0, "top_p": 0.7},  # flatter: five tokens in place of three
        {"top_k": 2, "top_p": 0.5},  # of the two that are left the first has 0.58
        {"temperature": 0.5, "top_k": 4, "top_p": 0.86},
    )
    for how in cases:
        law(observe, draw, submission, shuffled(draw, shares), **how)


def test_generator(submission, draw, observe):
    """Equal generators give equal texts, the next call gives another; torch's own random numbers stay"""
    model, idx, seed = Toy(draw, 9, 13), prompts(draw, 3), draw.integer(0, 2**31)
    first, again = torch.Generator().manual_seed(seed), torch.Generator().manual_seed(seed)
    torch.manual_seed(seed + 1)
    before = torch.get_rng_state()
    one = submission.generate(model, idx, 12, temperature=2.0, generator=first)
    observe("torch's own state", torch.equal(before, torch.get_rng_state()), holds("is_true", GLOBAL))
    torch.manual_seed(seed + 2)
    two = submission.generate(model, idx, 12, temperature=2.0, generator=again)
    says = "Two generators in the same state gave different texts."
    observe("the same seed twice", torch.equal(one, two), holds("is_true", says))
    three = submission.generate(model, idx, 12, temperature=2.0, generator=again)
    observe("the next call", not torch.equal(two, three), holds("is_true", DIFFERENT))
    torch.manual_seed(seed)
    free = [submission.generate(model, idx, 12, temperature=2.0) for _ in range(2)]
    observe("without a generator, twice", not torch.equal(*free), holds("is_true", "Without a generator, no chance."))
    observe("shapes and dtypes", [[list(t.shape), str(t.dtype)] for t in (one, two, three, *free)])


def test_device(submission, draw, observe):
    """What is made on the way lies where idx is"""
    model, idx = Toy(draw, 9, 13), prompts(draw, 3)
    for how in ({"temperature": 0}, {"temperature": 0, "eos_id": 1}):
        observe.stays_on_device(f"generate({how}) elsewhere", submission.generate, model, idx, 1, **how)
