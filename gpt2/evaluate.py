"""How good is a model? Its loss on text it never saw, and HellaSwag's endings."""

from __future__ import annotations

import argparse
import itertools
import json
import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tiktoken
import torch

from gpt2 import catalog, checkpoint, config, data, device
from gpt2.batches import Batches, Ids
from gpt2.log import in_words
from gpt2.model import GPT, cross_entropy

MOST_TOKENS = 10_485_760  # of validation text, as llm.c measures; more would only cost time
AT_ONCE = {"cpu": 4096}  # tokens in a batch of endings; a GPU wants more to be busy
HEAD_ROWS = 1024  # predictions that pass the head at once: it has 50,000 outputs for each


@torch.no_grad()
def loss(model: GPT, ids: Ids, tokens: int, micro_batch: int = 8) -> float:
    """Return the mean loss in nats over the first `tokens` of `ids`, whole windows in their order.

    The last window may be shorter; every token but the first of a window's inputs is a target once.
    """
    was_training = model.training
    model.eval()
    place = next(model.parameters()).device
    T = model.config.block_size
    count = min(len(ids) - 1, max(tokens, 1))
    if count < 1:
        raise ValueError("the validation text is too short to measure a loss on")
    total = torch.zeros((), dtype=torch.float64)
    whole = count // T
    batches = Batches([ids], T, seed=0, shuffle=False) if whole else None
    for first in range(0, whole, micro_batch):
        assert batches is not None
        x, y = batches.get(first * T, min(micro_batch, whole - first))
        total += cross_entropy(model(x.to(place)), y.to(place), "sum").double().cpu()
    if count % T:
        rest = torch.from_numpy(ids[whole * T : count + 1].astype("int64"))[None].to(place)
        total += cross_entropy(model(rest[:, :-1]), rest[:, 1:], "sum").double().cpu()
    model.train(was_training)
    return float(total / count)


@dataclass(frozen=True)
class Item:
    """A HellaSwag item: a context, four endings, the number of the right one."""

    context: str
    endings: tuple[str, ...]
    label: int


def items(path: Path) -> Iterator[Item]:
    """Read items from JSON lines with the fields ctx, endings, label, as HellaSwag is published.

    Raises ValueError naming the line that is not one.
    """
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                read = json.loads(line)
                item = Item(str(read["ctx"]), tuple(map(str, read["endings"])), int(read["label"]))
                if len(item.endings) < 2 or not 0 <= item.label < len(item.endings):
                    raise ValueError("label and endings do not agree")
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path}, line {number}: not a HellaSwag item ({error})") from None
            yield item


Row = tuple[list[int], int]  # a context's ids with an ending's after them, and where the ending begins


def rows(encoding: tiktoken.Encoding, item: Item, most: int) -> list[Row]:
    """Return a row for each ending. A context too long for a model of `most` tokens is cut from its left."""
    context = encoding.encode_ordinary(item.context) or [encoding.eot_token]
    made = []
    for ending in item.endings:
        end = encoding.encode_ordinary(" " + ending.lstrip())[: most - 1]
        kept = context[-(most + 1 - len(end)) :]
        made.append((kept + end, len(kept)))
    return made


@torch.no_grad()
def ending_losses(
    model: GPT, given: list[Row], progress: Callable[[int, int], None] | None = None
) -> list[tuple[float, float]]:
    """Return the summed and the mean loss, in nats, of each row's ending.

    Rows of like length share a forward pass, padded on the right, where a causal model does not look; the
    longest come first, so that memory is short at once or never. The head, half of a small model's work,
    sees only the places that predict a token of an ending.
    """
    place = next(model.parameters()).device
    budget = AT_ONCE.get(place.type, 1 << 15)
    order = sorted(range(len(given)), key=lambda i: -len(given[i][0]))
    found = [(0.0, 0.0)] * len(given)
    done = 0
    while done < len(order):
        width = len(given[order[done]][0])
        taken = order[done : done + max(1, budget // width)]
        ids = torch.zeros(len(taken), width, dtype=torch.long)  # (B, T + 1)
        asked = torch.zeros(len(taken), width - 1, dtype=torch.bool)  # (B, T): what predicts an ending
        for at, number in enumerate(taken):
            row, start = given[number]
            ids[at, : len(row)] = torch.tensor(row)
            asked[at, start - 1 : len(row) - 1] = True
        ids, wanted = ids.to(place), asked.to(place)
        seen, targets = model.features(ids[:, :-1])[wanted], ids[:, 1:][wanted]  # (N, C), (N,)
        pieces = zip(seen.split(HEAD_ROWS), targets.split(HEAD_ROWS), strict=True)
        losses = torch.cat([cross_entropy(model.logits(x), y, "none") for x, y in pieces]).cpu().double()  # (N,)
        for number, own in zip(taken, losses.split(asked.sum(1).tolist()), strict=True):
            found[number] = (float(own.sum()), float(own.mean()))
        done += len(taken)
        if progress is not None:
            progress(done, len(order))
    return found


def score(model: GPT, encoding: tiktoken.Encoding, item: Item) -> tuple[bool, bool]:
    """Return whether the right ending has the least summed loss (acc) and the least mean loss (acc_norm)."""
    return right(item, ending_losses(model, rows(encoding, item, model.config.block_size)))


def right(item: Item, losses: list[tuple[float, float]]) -> tuple[bool, bool]:
    """Return whether the right ending is the likeliest by its sum, and by its mean over tokens."""
    sums, means = zip(*losses, strict=True)
    return sums.index(min(sums)) == item.label, means.index(min(means)) == item.label


def hellaswag(
    model: GPT, encoding: tiktoken.Encoding, given: Iterable[Item],
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, float]:  # fmt: skip
    """Score all items, as Zellers et al. (2019): {"acc", "acc_norm", "acc_norm_error", "items"}.

    An ending counts by the loss of its tokens after the context; acc_norm divides by their number, so
    that a long ending is no worse for being long. The error is one standard error of acc_norm: guessing gives
    a quarter, and a hundred items tell no more than ± 0.04. Raises ValueError for none.
    """
    was_training = model.training
    model.eval()
    asked = list(given)
    if not asked:
        raise ValueError("there are no items to score")
    made = [rows(encoding, item, model.config.block_size) for item in asked]
    losses = iter(ending_losses(model, list(itertools.chain.from_iterable(made)), progress))
    model.train(was_training)
    results = [right(item, list(itertools.islice(losses, len(item.endings)))) for item in asked]
    n = len(results)
    acc, acc_norm = sum(a for a, _ in results) / n, sum(b for _, b in results) / n
    return {"acc": acc, "acc_norm": acc_norm, "acc_norm_error": math.sqrt(acc_norm * (1 - acc_norm) / n), "items": n}


def narrator(every: float = 5.0) -> Callable[[int, int], None]:
    """Return a progress that says how far the endings are, at most every few seconds."""
    last = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last > every:
            last = time.monotonic()
            print(f"{done:,} of {total:,} endings", file=sys.stderr, flush=True)

    return tell


def main(arguments: list[str] | None = None) -> int:
    """Run `python -P -m gpt2.evaluate DIR [--tokens N] [--hellaswag FILE [--items N]] [--json]`."""
    parser = argparse.ArgumentParser(prog="gpt2.evaluate", description=__doc__)
    parser.add_argument("run", type=Path, metavar="DIR", help="the run's folder")
    parser.add_argument("--tokens", type=int, default=MOST_TOKENS, help="validation tokens to read, from the first on")
    parser.add_argument(
        "--hellaswag", type=Path, metavar="FILE",
        help="items as JSON lines: ctx, endings, label; or the word hellaswag, for those that were fetched",
    )  # fmt: skip
    parser.add_argument("--items", type=int, metavar="N", help="score only the first N items")
    parser.add_argument("--json", action="store_true", help="write one JSON object to stdout")
    given = parser.parse_args(arguments)
    try:
        device.set_threads(0)
        options, _ = config.load(given.run / "config.json")
        model, encoding, folder = checkpoint.open_run(given.run)
        place = device.pick("auto")
        model = model.to(place)
        if place.type == "cuda":
            model.compute_dtype = device.DTYPES[device.choose_dtype("auto", place, model.config, 1)[0]]
        result: dict[str, Any] = {"version": 1, "checkpoint": folder.name}
        if given.hellaswag is not None:
            path = given.hellaswag
            if str(path) == "hellaswag" and not path.exists():
                path = catalog.place("hellaswag")
            result |= hellaswag(model, encoding, itertools.islice(items(path), given.items), narrator())
        else:
            prepared = data.prepare(options.data, options.tokenizer, encoding.n_vocab, encoding=encoding)
            unigram, bigram = data.baselines(prepared)
            result |= {
                "loss": loss(model, prepared.val, given.tokens), "unigram_loss": unigram, "bigram_loss": bigram,
                "tokens": min(given.tokens, len(prepared.val) - 1),
            }  # fmt: skip
    except (ValueError, OSError) as error:
        print(f"gpt2.evaluate: {in_words(error)}", file=sys.stderr)
        return 2
    remember(given.run, "hellaswag" if given.hellaswag is not None else "validation", result)
    if given.json:
        print(json.dumps(result))
    else:
        print(
            "\n".join(
                f"{name:<16}{found:.4f}" if isinstance(found, float) else f"{name:<16}{found}"
                for name, found in result.items()
                if name != "version"
            )
        )
    return 0


def remember(run: Path, what: str, result: dict[str, Any]) -> None:
    """Keep a result in the run's eval.json, where its report finds it; a disk that refuses costs nothing else."""
    path = run / "eval.json"
    try:
        kept = json.loads(path.read_text("utf-8")) if path.is_file() else {}
        kept[what] = {key: value for key, value in result.items() if key != "version"}
        fresh = path.with_name(".eval.json")
        fresh.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        fresh.replace(path)
    except (OSError, ValueError) as error:
        print(f"the result is not kept in the run's folder: {error}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
