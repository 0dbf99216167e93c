"""The decoding step with nothing in it that changes from token to token, so that a CUDA graph can replay it.

At batch 1 a GPU computes a token of GPT-2 124M faster than Python can ask for it. A CUDA graph is asked
for once: some 160 kernels, recorded with their addresses, started again by one call. Capture wants every
tensor at its place, every shape as it was, and no number that passes through the host.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from gpt2.config import Model, Sampling
from gpt2.decode import Step
from gpt2.model import GPT, Cache

ROUND = 128
"""Cache lengths are multiples of this, so that prompts of nearly one length share a capture, and masks lie aligned."""
KEPT = 4
"""Captures that are kept, the latest; each holds a cache."""


class FixedCache(Cache):
    """A cache whose single step writes at positions held in a tensor, and attends to the whole memory, masked.

    Prompts pass through it as through any cache.
    """

    def __init__(self, config: Model, batch: int, length: int, device: torch.device, dtype: torch.dtype) -> None:
        """Reserve room for `batch` rows of `length` tokens."""
        super().__init__(config, batch, length, device, dtype)
        self.at = torch.zeros(batch, dtype=torch.long, device=device)  # the next position of each row
        self.rows = torch.arange(batch, device=device)
        self.places = torch.arange(length, device=device)
        self.mask = torch.zeros(batch, 1, 1, length, device=device, dtype=dtype)

    def begin(self, lengths: list[int]) -> None:
        """Take it that each row holds so many tokens."""
        super().begin(lengths)
        self.at.copy_(torch.tensor(lengths))

    def positions(self, T: int) -> Tensor:
        """Return the positions of the next T tokens, and mask what lies behind a single one."""
        if T > 1:
            return super().positions(T)
        later = self.places > self.at[:, None]  # (B, length)
        self.mask.copy_(torch.zeros_like(self.mask).masked_fill(later[:, None, None], -torch.inf))
        return self.at[:, None]  # (B, 1)

    def extend(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Write k, v (B, H, T, D) and return all keys, all values and a mask."""
        if k.shape[2] > 1:
            return super().extend(layer, k, v)
        keys, values = self.memory[layer]  # (B, H, length, D)
        keys[self.rows, :, self.at], values[self.rows, :, self.at] = k[:, :, 0], v[:, :, 0]
        return keys, values, self.mask

    def advance(self, T: int) -> None:
        """Count T tokens more in each row."""
        super().advance(T)
        self.at.add_(T)


def capture(step: Step) -> Callable[[], None]:
    """Record a fresh step on its CUDA device and return what replays it. Raises RuntimeError where that fails."""
    device, cache = step.ids.device, step.cache
    if device.type != "cuda":
        raise RuntimeError(f"graphs are CUDA's, and this is {device.type}")
    graph, side = torch.cuda.CUDAGraph(), torch.cuda.Stream(device)
    side.wait_stream(torch.cuda.current_stream(device))
    with torch.inference_mode():
        with torch.cuda.stream(side):
            for _ in range(3):  # libraries choose their kernels and reserve their memory now, not during the capture
                step()
        torch.cuda.current_stream(device).wait_stream(side)
        cache.begin([0] * len(cache.lengths))
        with torch.cuda.graph(graph):
            step()
    logits, lowered = step.logits, step.lowered  # the graph's own, written anew by each replay

    def replay() -> None:
        graph.replay()
        step.logits, step.lowered = logits, lowered
        cache.lengths = [length + 1 for length in cache.lengths]  # what the host knows; `at` was counted on the device

    return replay


class Replays:
    """Steps that are captured once for each batch size (and for whatever else a capture holds fast), and kept."""

    def __init__(self, capture: Callable[[Step], Callable[[], None]] = capture) -> None:
        """`capture` makes a step repeatable; given the identity, all but the graph itself runs on a CPU."""
        self.capture = capture
        self.kept: dict[tuple[object, ...], tuple[Step, Callable[[], None]]] = {}
        self.reason = ""  # why nothing can be replayed, once that is known

    def step(self, model: GPT, batch: int, length: int, options: Sampling) -> tuple[Step, Callable[[], None]] | None:
        """Return a step for so many rows of at least `length` tokens, and what repeats it; None, with the reason."""
        if self.reason:
            return None
        length = min(-(-length // ROUND) * ROUND, model.config.block_size)
        key = (id(model), batch, length, options.temperature, options.top_k, options.top_p, options.repetition_penalty)
        if key not in self.kept:
            weight = next(model.parameters())
            dtype = model.compute_dtype or weight.dtype
            step = Step(model, FixedCache(model.config, batch, length, weight.device, dtype), options)
            try:
                again = self.capture(step)
            except RuntimeError as error:
                self.reason = str(error).splitlines()[0]
                return None
            while len(self.kept) >= KEPT:
                self.kept.pop(next(iter(self.kept)))
            self.kept[key] = step, again
        return self.kept[key]
