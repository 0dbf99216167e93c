"""How good is a model? Its loss on text it never saw, and HellaSwag's endings."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tiktoken
import torch
from numpy.typing import NDArray

from gpt2 import checkpoint, config, data, device
from gpt2.model import GPT, cross_entropy


@torch.no_grad()
def loss(model: GPT, ids: NDArray[Any], tokens: int, micro_batch: int = 8) -> float:
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
    batches = data.Batches([ids], T, seed=0, shuffle=False) if whole else None
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


@torch.no_grad()
def score(model: GPT, encoding: tiktoken.Encoding, item: Item) -> tuple[bool, bool]:
    """Return whether the right ending has the least summed loss (acc) and the least mean loss (acc_norm).

    Zellers et al. (2019); as completions: the loss of each ending's tokens after the context, in one
    batch of rows that are padded on the right. A context too long is cut from its left.
    """
    place = next(model.parameters()).device
    context = encoding.encode_ordinary(item.context) or [encoding.eot_token]
    endings = [encoding.encode_ordinary(" " + ending.lstrip()) for ending in item.endings]
    most = model.config.block_size
    rows, starts = [], []
    for ending in endings:
        ending = ending[: most - 1]
        kept = context[-(most + 1 - len(ending)) :]
        rows.append(kept + ending)
        starts.append(len(kept))
    width = max(map(len, rows))
    ids = torch.tensor([row + [0] * (width - len(row)) for row in rows], device=place)  # (4, width)
    losses = cross_entropy(model(ids[:, :-1]), ids[:, 1:], "none").view(len(rows), -1)  # (4, width - 1)
    ends = [losses[i, start - 1 : len(row) - 1] for i, (row, start) in enumerate(zip(rows, starts, strict=True))]
    sums = torch.stack([end.sum() for end in ends])
    means = torch.stack([end.mean() for end in ends])
    return int(sums.argmin()) == item.label, int(means.argmin()) == item.label


def hellaswag(model: GPT, encoding: tiktoken.Encoding, given: Iterable[Item]) -> dict[str, float]:
    """Score all items: {"acc", "acc_norm", "items"}. Raises ValueError for none."""
    was_training = model.training
    model.eval()
    results = [score(model, encoding, item) for item in given]
    model.train(was_training)
    if not results:
        raise ValueError("there are no items to score")
    n = len(results)
    return {"acc": sum(a for a, _ in results) / n, "acc_norm": sum(b for _, b in results) / n, "items": n}


def main(arguments: list[str] | None = None) -> int:
    """Run `python -P -m gpt2.evaluate DIR [--tokens N] [--hellaswag FILE] [--json]`."""
    parser = argparse.ArgumentParser(prog="gpt2.evaluate", description=__doc__)
    parser.add_argument("run", type=Path, metavar="DIR", help="the run's folder")
    parser.add_argument("--tokens", type=int, default=1 << 30, help="validation tokens to read (default: all)")
    parser.add_argument("--hellaswag", type=Path, metavar="FILE", help="items as JSON lines: ctx, endings, label")
    parser.add_argument("--json", action="store_true", help="write one JSON object to stdout")
    given = parser.parse_args(arguments)
    try:
        device.set_threads(0)
        options, _ = config.load(given.run / "config.json")
        model, encoding, folder = checkpoint.open_run(given.run)
        model = model.to(device.pick("auto"))
        result: dict[str, Any] = {"version": 1, "checkpoint": folder.name}
        if given.hellaswag is not None:
            result |= hellaswag(model, encoding, items(given.hellaswag))
        else:
            prepared = data.prepare(options.data, options.tokenizer, encoding.n_vocab, encoding=encoding)
            unigram, bigram = data.baselines(prepared)
            result |= {
                "loss": loss(model, prepared.val, given.tokens), "unigram_loss": unigram, "bigram_loss": bigram,
                "tokens": min(given.tokens, len(prepared.val) - 1),
            }  # fmt: skip
    except (ValueError, OSError) as error:
        print(f"gpt2.evaluate: {error}", file=sys.stderr)
        return 2
    if given.json:
        print(json.dumps(result))
    else:
        print(
            "\n".join(
                f"{name:<14}{found:.4f}" if isinstance(found, float) else f"{name:<14}{found}"
                for name, found in result.items()
                if name != "version"
            )
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
