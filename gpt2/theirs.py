"""The learner's loader, sampler and model in a run: what stands between their interfaces and ours."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gpt2.batches import Ids, Pair
from gpt2.config import Sampling
from gpt2.model import GPT

# --- the loader ------------------------------------------------------------------------------------


class Steps:
    """The learner's loader, asked as `Batches` are: each batch of its is a whole step, of which every rank takes rows.

    So the order of the tokens depends neither on the micro-batch nor on the number of ranks, and a place in it is
    the same one number.
    """

    def __init__(self, made: Callable[..., Any], ids: torch.Tensor, tokens_per_step: int, block: int) -> None:
        """Let `made` (DataLoaderLite) cut a stream of ids (n,) int64 into steps."""
        self.block, self.size = block, tokens_per_step
        self.loader = made(ids, tokens_per_step // block, block)
        self.steps = (len(ids) - 1) // tokens_per_step  # in one pass, after which it begins anew
        self.next = 0  # the step that the loader serves when it is asked
        self.kept: tuple[int, Pair] | None = None  # the step that was served last

    def get(self, offset: int, batch: int, rank: int = 0, world: int = 1) -> Pair:
        """Return inputs and targets (batch, block) int64 of the step's micro-batch at token `offset`."""
        step, inside = divmod(offset, self.size)
        if self.kept is None or self.kept[0] != step:
            if step != self.next:
                self.loader.reset()
                for _ in range(step % self.steps):
                    self.loader.next_batch()
            self.kept, self.next = (step, self.loader.next_batch()), step + 1
        rows = [inside // self.block + i * world + rank for i in range(batch)]
        x, y = self.kept[1]
        return x[rows], y[rows]


def in_order(ids: Ids, end_of_text: int, seed: int) -> torch.Tensor:
    """Return the documents of a row of ids in a seeded order, one behind the other: (n,) int64.

    A document is what follows an end-of-text mark, up to the next one.
    """
    whole = np.asarray(ids[:], dtype=np.int64)
    starts = np.flatnonzero(whole == end_of_text)
    documents = np.split(whole, starts[starts > 0])
    order = np.random.default_rng(seed).permutation(len(documents))
    return torch.from_numpy(np.concatenate([documents[n] for n in order]))


# --- the sampler -----------------------------------------------------------------------------------


class Answering(nn.Module):
    """A model that answers as those of the exercises do: with a pair of logits and no loss."""

    def __init__(self, model: GPT) -> None:
        """Ask `model`."""
        super().__init__()
        self.model, self.config = model, model.config

    def forward(self, idx: Tensor) -> tuple[Tensor, None]:
        """(B, T) ids to logits (B, T, V) float32, and None."""
        return self.model(idx).float(), None


def continued(generate: Callable[..., Any], model: GPT, ids: list[int], options: Sampling, end: int) -> list[int]:
    """Let the learner's `generate` write on behind a prompt; return what it wrote, up to the id `end`."""
    idx = torch.tensor([ids], device=next(model.parameters()).device)
    row = generate(
        Answering(model), idx, options.tokens, options.temperature, options.top_k or None,
        options.top_p if options.top_p < 1 else None, end if options.stop else None,
        torch.Generator(idx.device).manual_seed(options.seed),
    )[0, len(ids) :].tolist()  # fmt: skip
    return row[: row.index(end)] if options.stop and end in row else row


# --- the model -------------------------------------------------------------------------------------


class Link(nn.Module):
    """One of the run's blocks, called as the learner's model calls its own: in the run's precision, compiled or not."""

    def __init__(self, model: GPT, number: int) -> None:
        """Stand for block `number` of `model`."""
        super().__init__()
        self.block = model.transformer.h[number]
        self.of, self.number = (model,), number  # a tuple, so that the model is no module of this one

    def forward(self, x: Tensor, *rest: Any, **more: Any) -> Tensor:
        """(B, T, C) to (B, T, C); a cache, which no training has, is not handed on."""
        model = self.of[0]
        block = model.compiled[self.number] if model.compiled else self.block
        with torch.autocast(x.device.type, enabled=False):
            y: Tensor = block(x if model.compute_dtype is None else x.to(model.compute_dtype))
        return y


class Whole:
    """The learner's GPT over a run's own weights: it puts together, its way, the run's tables, blocks and head.

    So whose it is changes neither the weights' names nor how they are first drawn, moved, saved or sampled from.
    """

    def __init__(self, made: Callable[..., nn.Module], model: GPT) -> None:
        """Build the learner's GPT for the shape of `model` and put our weights into it."""
        self.model, self.theirs = model, made(model.config)
        trunk: Any = self.theirs.transformer
        ours, table = model.transformer, trunk.wte.weight
        for module in list(self.theirs.modules()):
            for name, parameter in list(module.named_parameters(recurse=False)):
                if parameter is table:  # the table's, and the head's where that is tied
                    setattr(module, name, ours.wte.weight)
        trunk.wpe, trunk.ln_f = ours.wpe, ours.ln_f
        trunk.h = nn.ModuleList(Link(model, number) for number in range(len(ours.h)))

    def __call__(self, idx: Tensor, targets: Tensor) -> Tensor:
        """(B, T) ids and targets (B, T) to their mean loss in nats: ()."""
        model = self.model
        words = model.transformer.wte.weight[: model.config.vocab_size]  # padding rows are not its business
        half = model.compute_dtype is not None
        with torch.autocast(idx.device.type, model.compute_dtype) if half else contextlib.nullcontext():
            loss: Tensor = torch.func.functional_call(self.theirs, {"transformer.wte.weight": words}, (idx, targets))[1]
        return loss
