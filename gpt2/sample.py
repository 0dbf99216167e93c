"""Text out of a model: token by token, from a cache, shown as soon as its bytes are characters."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Annotated, Protocol

import torch
from torch import Tensor

from gpt2 import checkpoint, device, tokens
from gpt2.config import fields, words
from gpt2.model import GPT, Cache


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn."""

    tokens: Annotated[int, "tokens to write at most"] = 200
    temperature: Annotated[float, "0 takes the likeliest token; 1 draws as the model says"] = 0.8
    top_k: Annotated[int, "draw among the k likeliest; 0 for all"] = 50
    top_p: Annotated[float, "draw among the likeliest that make up this share; 1 for all"] = 1.0
    repetition_penalty: Annotated[float, "above 1 makes tokens already there less likely"] = 1.0
    seed: Annotated[int, "draws the text; the same seed, the same text"] = 1
    samples: Annotated[int, "texts to write at once"] = 1
    stop: Annotated[bool, "stop at the end-of-text token"] = True
    device: Annotated[str, "auto, cpu, cuda or mps"] = "auto"
    step: Annotated[int, "the checkpoint of this step; -1 for the newest"] = -1


def check(options: Sampling) -> Sampling:
    """Return the options as they are, or raise ValueError for the first that cannot be."""
    for name, low, high in (
        ("tokens", 0, 1 << 30), ("temperature", 0, 1e6), ("top_k", 0, 1 << 30), ("top_p", 0, 1),
        ("repetition_penalty", 1e-3, 1e3), ("samples", 1, 4096), ("step", -1, 1 << 62), ("seed", -(1 << 63), 1 << 63),
    ):  # fmt: skip
        if not low <= getattr(options, name) <= high:
            raise ValueError(f"{name}={getattr(options, name)}: from {low:g} to {high:g}")
    if options.top_p == 0:
        raise ValueError("top_p=0 leaves nothing to draw from; temperature=0 takes the likeliest token")
    return options


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


def draw(logits: Tensor, options: Sampling, generator: torch.Generator, filters: Filters | None = None) -> Tensor:
    """Draw an id for each row of logits (B, V): (B,). The generator lives on the CPU on every device."""
    if options.temperature == 0:
        return logits.argmax(-1)
    allowed = filters.filtered if filters else filtered
    logits = allowed(logits.float() / options.temperature, options.top_k, options.top_p)
    shares = logits.softmax(-1).cpu()
    return torch.multinomial(shares, 1, generator=generator)[:, 0].to(logits.device)


def generate(
    model: GPT,
    prompts: Sequence[Sequence[int]],
    options: Sampling,
    stops: frozenset[int] = frozenset(),
    filters: Filters | None = None,
) -> Iterator[list[int | None]]:
    """Yield the next id of every prompt, step by step; None for a row that has ended at a stop id.

    Prompts may differ in length. When a row has filled the context, the model reads its last half
    anew and goes on, since positions beyond block_size were never learned. Padding ids cannot be
    drawn: the logits end at vocab_size. Raises ValueError for an empty prompt or an unknown id.
    """
    V, most = model.config.vocab_size, model.config.block_size
    if not prompts or any(not prompt for prompt in prompts):
        raise ValueError("a prompt needs at least one token")
    if any(not 0 <= token < V for prompt in prompts for token in prompt):
        raise ValueError(f"a prompt holds an id outside of 0 to {V - 1}")
    weight = next(model.parameters())
    generator = torch.Generator().manual_seed(options.seed)
    rows = [list(prompt) for prompt in prompts]
    ended = [False] * len(rows)
    seen = torch.zeros(len(rows), V, dtype=torch.bool, device=weight.device)
    for row, ids in enumerate(rows):
        seen[row, torch.tensor(ids, device=weight.device)] = True
    length = min(most, max(map(len, rows)) + options.tokens)
    cache = Cache(model.config, len(rows), length, weight.device, model.compute_dtype or weight.dtype)
    logits: Tensor | None = None
    was_training = model.training
    model.eval()
    try:
        for _ in range(options.tokens):
            with torch.no_grad():
                if logits is None:
                    logits = prefill(model, cache, [ids[-most:] for ids in rows])
                elif cache.room == 0:
                    logits = prefill(model, cache, [ids[-(most // 2) or -1 :] for ids in rows])
                else:
                    last = torch.tensor([[ids[-1]] for ids in rows], device=weight.device)
                    logits = model(last, cache=cache)[:, -1]  # (B, V)
                if options.repetition_penalty != 1:
                    lower = filters.penalize if filters else penalize
                    logits = lower(logits, seen, options.repetition_penalty)
                chosen = draw(logits, options, generator, filters)
                seen[torch.arange(len(rows)), chosen] = True
            ids = chosen.tolist()
            given: list[int | None] = []
            for row, token in enumerate(ids):
                rows[row].append(token)
                ended[row] = ended[row] or token in stops
                given.append(None if ended[row] else token)
            if all(ended):
                return
            yield given
    finally:
        model.train(was_training)


def prefill(model: GPT, cache: Cache, rows: list[list[int]]) -> Tensor:
    """Read whole prompts into an emptied cache and return the logits after each one's end: (B, V).

    Shorter rows are padded on the right. What they leave in the cache beyond their end is never
    attended to, and is overwritten token by token.
    """
    cache.lengths = [0] * len(rows)
    longest = max(map(len, rows))
    idx = torch.tensor([ids + [0] * (longest - len(ids)) for ids in rows], device=cache.memory.device)  # (B, longest)
    x = model.features(idx, cache)  # (B, longest, C)
    cache.lengths = [len(ids) for ids in rows]
    ends = torch.tensor([len(ids) - 1 for ids in rows], device=idx.device)
    return model.logits(x[torch.arange(len(rows), device=idx.device), ends])[:, : model.config.vocab_size]


def text(model: GPT, encoding: tokens.tiktoken.Encoding, prompt: str, options: Sampling) -> str:
    """Return one continuation of `prompt`, without the prompt."""
    stream = tokens.Stream(encoding)
    ids = encoding.encode_ordinary(prompt) or [encoding.eot_token]
    stops = frozenset([encoding.eot_token]) if options.stop else frozenset()
    steps = generate(model, [ids], options, stops)
    return "".join(stream.put(row[0]) for row in steps if row[0] is not None) + stream.end()


def main(arguments: list[str] | None = None) -> int:
    """Run `python -P -m gpt2.sample DIR "prompt" NAME=VALUE …`."""
    lines = "\n".join(f"  {name}={default!s:<8} {says}" for name, _, default, says in fields(Sampling))
    parser = argparse.ArgumentParser(
        prog="gpt2.sample", description=__doc__, epilog=f"options:\n{lines}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("run", type=Path, metavar="DIR", help="the run's folder")
    parser.add_argument("prompt", help='what the text begins with; "" for the start of a document')
    parser.add_argument("words", nargs="*", metavar="NAME=VALUE")
    given = parser.parse_args(arguments)
    try:
        options = check(dataclasses.replace(Sampling(), **words(given.words, Sampling)))
        place = device.pick(options.device)
        device.set_threads(0)
        model, encoding, _ = checkpoint.open_run(given.run, None if options.step < 0 else options.step)
        speak(model.to(place), encoding, given.prompt, options, own_filters(given.run))
    except (ValueError, OSError) as error:
        print(f"gpt2.sample: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print()
        return 130
    return 0


def own_filters(run: Path) -> Filters | None:
    """Return the learner's filters where the run has them and they are equal to ours."""
    from gpt2 import equal, parts

    about = parts.read(run).get("filters")
    if about is None:
        return None
    try:
        file = parts.from_file("filters", (run / about["file"]).resolve(), about.get("hash", ""))
        equal.prove_filters(file)
    except equal.Refused as reason:
        print(f"your filters are not used: {reason}; ours take their place", file=sys.stderr)
        return None
    return Theirs(file)


def speak(
    model: GPT,
    encoding: tokens.tiktoken.Encoding,
    prompt: str,
    options: Sampling,
    filters: Filters | None = None,
) -> None:
    """Write to stdout: one text as it comes, several one after the other when all are done."""
    ids = encoding.encode_ordinary(prompt) or [encoding.eot_token]
    stops = frozenset([encoding.eot_token]) if options.stop else frozenset()
    streams = [tokens.Stream(encoding) for _ in range(options.samples)]
    parts = [[prompt] for _ in streams]
    live = options.samples == 1
    if live:
        print(prompt, end="", flush=True)
    for row in generate(model, [ids] * options.samples, options, stops, filters):
        for stream, part, token in zip(streams, parts, row, strict=True):
            piece = "" if token is None else stream.put(token)
            part.append(piece)
            if live and piece:
                print(piece, end="", flush=True)
    for number, (stream, part) in enumerate(zip(streams, parts, strict=True), 1):
        rest = stream.end()
        print(rest if live else f"--- {number} ---\n{''.join(part)}{rest}")


if __name__ == "__main__":
    sys.exit(main())
