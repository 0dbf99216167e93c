"""The next token, again and again: what may be drawn, the draw, and the loop that feeds the cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Protocol

import torch
from torch import Tensor

from gpt2.config import Sampling
from gpt2.model import GPT, Cache

BLOCK = 256  # random numbers that are drawn at once: on a GPU each trip across costs as much as some layers


# --- what may be drawn -----------------------------------------------------------------------------


def penalize(logits: Tensor, seen: Tensor, penalty: float) -> Tensor:
    """Lower the logits (B, V) of ids that `seen` (B, V) marks: divided where positive, else multiplied.

    Keskar et al., "CTRL" (2019), section 4.1, as transformers does it.
    """
    lowered = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(seen, lowered, logits)


def filtered(logits: Tensor, top_k: int, top_p: float) -> Tensor:
    """Set to -inf all logits (B, V) but the k likeliest and, of those, the smallest set of share p."""
    V = logits.shape[-1]
    if 0 < top_k < V:
        values, places = logits.topk(top_k)
        logits = torch.full_like(logits, -torch.inf).scatter(1, places, values)  # exactly k, even with ties
    if top_p < 1:
        ordered, places = logits.sort(descending=True)
        shares = ordered.softmax(-1)
        before = shares.cumsum(-1) - shares  # the share of all likelier tokens: 0 for the first, so one stays
        ordered = ordered.masked_fill(before >= top_p, -torch.inf)
        logits = torch.empty_like(logits).scatter(1, places, ordered)
    return logits


class Filters(Protocol):
    """What may stand between the logits and the draw: ours, or a learner's file that was proven equal."""

    def penalize(self, logits: Tensor, seen: Tensor, penalty: float) -> Tensor:
        """Lower what `seen` (B, V) marks."""

    def filtered(self, logits: Tensor, top_k: int, top_p: float) -> Tensor:
        """Rule out what may not be drawn."""


class Theirs:
    """The learner's three functions, called as ours are."""

    def __init__(self, file: ModuleType) -> None:
        """Take a file that defines top_k, top_p and repetition_penalty."""
        self.file = file

    def penalize(self, logits: Tensor, seen: Tensor, penalty: float) -> Tensor:
        """Lower what `seen` (B, V) marks; a row's ids are padded with one of its own."""
        rows = [torch.nonzero(row)[:, 0] for row in seen]
        longest = max(map(len, rows))
        ids = torch.stack([torch.cat([row, row[:1].expand(longest - len(row))]) for row in rows])
        lowered: Tensor = self.file.repetition_penalty(logits, ids, penalty)
        return lowered

    def filtered(self, logits: Tensor, top_k: int, top_p: float) -> Tensor:
        """Rule out what may not be drawn."""
        if 0 < top_k < logits.shape[-1]:
            logits = self.file.top_k(logits, top_k)
        if top_p < 1:
            logits = self.file.top_p(logits, top_p)
        return logits


# --- the draw --------------------------------------------------------------------------------------


def pick(shares: Tensor, uniform: Tensor) -> Tensor:
    """Return where `uniform` (B,), from 0 to below 1, falls among shares (B, N) laid end to end: (B,).

    No share of 0 is ever picked, not even where a GPU adds up out of order.
    """
    reached = shares.cumsum(-1).masked_fill(shares == 0, 0.0)  # (B, N)
    return (reached > uniform[:, None] * reached.amax(-1, keepdim=True)).to(torch.uint8).argmax(-1)


def draw(logits: Tensor, options: Sampling, uniform: Tensor, filters: Filters | None = None) -> Tensor:
    """Draw an id for each row of logits (B, V) by a number from 0 to below 1 for each, uniform (B,): (B,)."""
    if options.temperature == 0:
        return logits.argmax(-1)
    logits, k = logits.float() / options.temperature, options.top_k
    if filters is None and 0 < k < logits.shape[-1]:
        # The k likeliest in the order of their ids, as they would come in the whole row; what follows costs k, not V.
        places = logits.topk(k, sorted=False).indices.sort().values
        shares = filtered(logits.gather(1, places), 0, options.top_p).softmax(-1)
        return places.gather(1, pick(shares, uniform)[:, None])[:, 0]
    allowed = filters.filtered if filters else filtered
    return pick(allowed(logits, k, options.top_p).softmax(-1), uniform)


class Step:
    """One more token for every row, from and into tensors that stay where they are.

    `ids` (B, 1) holds the newest tokens, `uniform` (B,) the numbers that draw the next; a call reads the
    one, by the cache, and replaces it. `logits` and `lowered` (B, V) are the last ones, before and after
    the penalty for repetition.
    """

    def __init__(self, model: GPT, cache: Cache, options: Sampling, filters: Filters | None = None) -> None:
        """Reserve the tensors on the cache's device."""
        B, V, device = len(cache.lengths), model.config.vocab_size, cache.memory.device
        self.model, self.cache, self.options, self.filters = model, cache, options, filters
        self.ids = torch.zeros(B, 1, dtype=torch.long, device=device)
        self.uniform = torch.zeros(B, device=device)
        self.seen = torch.zeros(B, V, dtype=torch.bool, device=device)
        self.logits = self.lowered = torch.zeros(B, V, device=device)

    def __call__(self) -> None:
        """Read the newest tokens and draw the next."""
        self.choose(self.model(self.ids, cache=self.cache)[:, -1])

    def choose(self, logits: Tensor) -> None:
        """Draw from logits (B, V)."""
        self.logits = self.lowered = logits
        penalty = self.options.repetition_penalty
        if penalty != 1:
            self.lowered = (self.filters.penalize if self.filters else penalize)(logits, self.seen, penalty)
        chosen = draw(self.lowered, self.options, self.uniform, self.filters)
        self.ids.copy_(chosen[:, None])
        if penalty != 1:
            self.seen.scatter_(1, self.ids, True)

    def shares(self, row: int) -> Tensor:
        """Return what the last token of a row was drawn from: (V,), with 0 for what was ruled out."""
        logits = self.lowered[row : row + 1].float()
        if self.options.temperature == 0:
            return torch.zeros_like(logits[0]).scatter(0, logits.argmax(-1), 1.0)
        allowed = self.filters.filtered if self.filters else filtered
        return allowed(logits / self.options.temperature, self.options.top_k, self.options.top_p).softmax(-1)[0]


class Steps(Protocol):
    """What keeps steps that are replayed, see `gpt2.replay`."""

    def step(self, model: GPT, batch: int, length: int, options: Sampling) -> tuple[Step, Callable[[], None]] | None:
        """Return a step and what repeats it, or None where only the plain way works."""


# --- the loop --------------------------------------------------------------------------------------


def generate(
    model: GPT,
    prompts: Sequence[Sequence[int]],
    options: Sampling,
    stops: frozenset[int] = frozenset(),
    filters: Filters | None = None,
    look: Callable[[Step], None] | None = None,
    steps: Steps | None = None,
) -> Iterator[list[int | None]]:
    """Yield the next id of every prompt, step by step; None for a row that has ended at a stop id.

    Prompts may differ in length. When a row has filled the context, the model reads its last half
    anew and goes on, since positions beyond block_size were never learned. Padding ids cannot be
    drawn: the logits end at vocab_size. `look` is called after every draw, before its ids are given.
    Raises ValueError for an empty prompt or an unknown id.
    """
    V, most = model.config.vocab_size, model.config.block_size
    if not prompts or any(not prompt for prompt in prompts):
        raise ValueError("a prompt needs at least one token")
    if any(not 0 <= token < V for prompt in prompts for token in prompt):
        raise ValueError(f"a prompt holds an id outside of 0 to {V - 1}")
    rows = [list(prompt) for prompt in prompts]
    ended = [False] * len(rows)
    length = min(most, max(map(len, rows)) + options.tokens)
    step, again = ready(model, len(rows), length, options, filters, steps)
    device = step.ids.device
    step.seen.zero_()
    for row, ids in enumerate(rows):
        step.seen[row, torch.tensor(ids, device=device)] = True
    generator = torch.Generator().manual_seed(options.seed)  # on the CPU: the same seed, the same draws everywhere
    was_training = model.training
    model.eval()
    try:
        for turn in range(options.tokens):
            with torch.inference_mode():
                if turn % BLOCK == 0:
                    uniforms = torch.rand(BLOCK, len(rows), generator=generator).to(device)
                step.uniform.copy_(uniforms[turn % BLOCK])
                if turn == 0 or step.cache.room == 0:
                    kept = most if turn == 0 else max(1, most // 2)
                    step.choose(prefill(model, step.cache, [ids[-kept:] for ids in rows]))
                else:
                    again()
                if look is not None:
                    look(step)
            given: list[int | None] = []
            for row, token in enumerate(step.ids[:, 0].tolist()):
                rows[row].append(token)
                ended[row] = ended[row] or token in stops
                given.append(None if ended[row] else token)
            if all(ended):
                return
            yield given
    finally:
        model.train(was_training)


def ready(
    model: GPT, batch: int, length: int, options: Sampling, filters: Filters | None, steps: Steps | None
) -> tuple[Step, Callable[[], None]]:
    """Return a step and what repeats it: a replay where there can be one, else the step itself."""
    if steps is not None and filters is None:  # a learner's filters are Python, to be run for each token
        kept = steps.step(model, batch, length, options)
        if kept is not None:
            return kept
    weight = next(model.parameters())
    cache = Cache(model.config, batch, length, weight.device, model.compute_dtype or weight.dtype)
    step = Step(model, cache, options, filters)
    return step, step


def prefill(model: GPT, cache: Cache, rows: list[list[int]]) -> Tensor:
    """Read whole prompts into an emptied cache and return the logits after each one's end: (B, V).

    Shorter rows are padded on the right. What they leave in the cache beyond their end is never
    attended to, and is overwritten token by token.
    """
    cache.begin([0] * len(rows))
    longest = max(map(len, rows))
    idx = torch.tensor([ids + [0] * (longest - len(ids)) for ids in rows], device=cache.memory.device)  # (B, longest)
    x = model.features(idx, cache)  # (B, longest, C)
    cache.begin([len(ids) for ids in rows])
    ends = torch.tensor([len(ids) - 1 for ids in rows], device=idx.device)
    return model.logits(x[torch.arange(len(rows), device=idx.device), ends])[:, : model.config.vocab_size]
