"""The training loop, as one rank sees it: accumulate, clip, step, log, save, resume."""

from __future__ import annotations

import dataclasses
import gc
import math
import sys
import time
from pathlib import Path
from typing import Any

import torch

from gpt2 import checkpoint, config, data, device, distributed, evaluate, forecast, optim, parts, sample
from gpt2.batches import Prefetch
from gpt2.config import Training
from gpt2.distributed import World
from gpt2.log import Log
from gpt2.model import GPT


class Failed(Exception):
    """Training cannot go on; the message says why and what to try."""


class Trainer:
    """One run, as one of its ranks sees it: everything in memory, and the folder that holds it on disk."""

    def __init__(
        self, run: Path, options: Training, prepared: data.Prepared, log: Log, world: World | None = None
    ) -> None:
        """Build model, optimizer and batches; resume from the newest checkpoint in `run`."""
        self.run, self.options, self.prepared, self.log = run, options, prepared, log
        self.world = world or World()
        self.place = self.world.place(device.pick(options.device))
        self.shape = config.model_of(options, prepared.encoding.n_vocab)
        self.parts = parts.load(run, self.shape, options, self.world, len(prepared.train), prepared.encoding.name)
        self.model = GPT(self.shape, self.parts.classes)
        torch.manual_seed(options.seed)  # here, so that whose part it is moves no weight
        parts.initialize(self.model, self.parts)
        self.model.to(self.place)
        self.model.compute_dtype = None if options.dtype == "float32" else device.DTYPES[options.dtype]
        if options.compile == "true":
            self.model.compile_blocks(forecast.compiles_loss(self.shape, options, self.place))
        spread = distributed.split if options.shard == "fsdp" else distributed.replicate
        self.forward = spread(self.model, self.world)
        configure = self.parts.function("groups", "configure_optimizers", None)
        self.optimizers = optim.optimizers(self.model, options, configure)
        parts.put_together(self.model, self.parts)
        batches = parts.batches(self.parts, prepared, options, self.shape.block_size)
        self.ahead = Prefetch(
            batches, options.micro_batch, self.world.rank, self.world.size,
            depth=0 if self.place.type == "cpu" else 2, pin=self.place.type == "cuda",
        )  # fmt: skip
        self.step, self.tokens = 0, 0
        self.peak = 0.0  # FLOP/s in a matmul here, measured as the run begins or goes on; 0: not measured
        self.stopping = False  # this rank was asked to
        self.ending = False  # all ranks know
        self.saved = -1
        self.unsaved = ""
        """Why the newest checkpoint could not be written; empty where it could."""
        self.shown = 0.0

    # --- one step ---

    @property
    def pieces(self) -> int:
        """Micro-batches of one rank in one step: the ranks share a step's tokens, whose number they do not change."""
        return self.options.tokens_per_step // (self.options.micro_batch * self.shape.block_size * self.world.size)

    def fetch(self, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return this rank's micro-batch `number` of the step that comes next, on the device."""
        micro, size = self.options.micro_batch, self.world.size
        offset = self.tokens + number * micro * self.shape.block_size * size
        x, y = self.ahead.get(offset)
        cuda = self.place.type == "cuda"  # there its memory is pinned, and crosses while the GPU still computes
        return x.to(self.place, non_blocking=cuda), y.to(self.place, non_blocking=cuda)

    def advance(self) -> dict[str, Any] | None:
        """Take one optimizer step and return its record, or None where a signal cut it short.

        Where the loss or the gradient is no number, the weights stay as they were.
        """
        started, waited, pieces, seen = time.perf_counter(), 0.0, self.pieces, 0
        random = checkpoint.random_state(self.place) if self.shape.dropout else {}
        total = torch.zeros((), device=self.place)
        for number in range(pieces):
            asked = time.perf_counter()
            x, y = self.fetch(number)
            waited += time.perf_counter() - asked
            seen += y.numel() * self.world.size
            distributed.quiet(self.forward, number + 1 < pieces)  # gradients cross once a step
            loss = self.forward(x, y)
            (loss / pieces).backward()
            total += loss.detach()
            if self.stopping and number + 1 < pieces and self.world.size == 1:  # as if this step had not begun
                self.clear()
                if random:
                    checkpoint.set_random_state(self.place, random)
                return None
        summed, signaled = self.world.sum(float(total) / pieces, float(self.stopping))
        mean = summed / self.world.size
        self.ending = signaled > 0  # one rank's signal stops all, and all after the same step
        norm, lr = self.clipped(), self.rate()
        record = {
            "event": "step",
            "step": self.step + 1,
            "loss": round(mean, 6),
            "lr": lr,
            "norm": round(norm, 6),
        }
        if math.isfinite(mean) and math.isfinite(norm):
            optim.set_rate(self.optimizers, lr)
            for optimizer in self.optimizers:
                optimizer.step()
            self.tokens += self.options.tokens_per_step
        self.clear()
        device.synchronize(self.place)
        seconds = time.perf_counter() - started
        self.step += 1
        return record | {
            "seconds": round(seconds, 4), "wait": round(waited / seconds, 4),
            "tokens_per_second": round(self.options.tokens_per_step / seconds, 1), "tokens": self.tokens,
            "targets": seen, "mfu": self.share(seconds), "memory": device.memory_used(self.place),
        }  # fmt: skip

    def share(self, seconds: float) -> float | None:
        """Return the share of the matmul rate (MFU) that a step of so many seconds had, on all ranks together."""
        if not self.peak:
            return None
        done = forecast.flops_per_token(self.shape) * self.options.tokens_per_step / self.world.size
        return round(done / seconds / self.peak, 4)

    def clipped(self) -> float:
        """Shorten the gradients to the longest that is allowed; return how long they were, all taken as one vector."""
        clip = self.parts.function("clip", "clip_", optim.clip_)
        norm = clip(list(self.model.parameters()), self.options.clip or math.inf)
        return float(distributed.whole(torch.as_tensor(norm)))

    def rate(self) -> float:
        """Return the learning rate of the step that comes next."""
        options = self.options
        lr_at = self.parts.function("schedule", "lr_at", None)
        if lr_at is None:
            return optim.rate(self.step + 1, options)
        low = options.lr * options.min_lr
        return float(lr_at(self.step, options.lr, low, options.warmup_steps, options.max_steps))

    def clear(self) -> None:
        """Drop the gradients."""
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)

    # --- the run ---

    def resume(self) -> str:
        """Go back to the newest checkpoint; return "fresh", "pretrained", "resumed" or "finished".

        The log is cut to what the checkpoint knew, since the steps after it will come again.
        Raises ValueError where the checkpoint cannot be read.
        """
        newest = checkpoint.newest(self.run, self.world)
        if newest is None:
            self.log.cut(0)
            return "fresh"
        state = checkpoint.read_state(newest)
        self.step, self.tokens, self.saved = state["step"], state["tokens"], state["step"]
        if self.step >= self.options.max_steps:
            return "finished"
        checkpoint.restore(newest, self.model, self.optimizers)
        if state.get("random"):
            checkpoint.set_random_state(self.place, state["random"])
        self.own_randomness()
        self.log.cut(int(state.get("log", 0)))
        if self.step == 0:
            return "pretrained"
        self.log.append(self.kept(newest))
        if state.get("data", self.prepared.mark) != self.prepared.mark:
            self.note("the data is not what this run began with: from here on its order is another one")
        before, now = state.get("threads"), torch.get_num_threads()
        if self.place.type == "cpu" and before not in (None, now):
            self.note(f"computed on {before} CPU threads before and on {now} now: equal to some digits, not to the bit")
        self.note(f"resumed from step {self.step}", config=dataclasses.asdict(self.options), parts=self.parts.owners)
        return "resumed"

    def own_randomness(self) -> None:
        """Let each further rank drop other activations than the first one, which keeps the run's own numbers."""
        if self.world.rank:
            torch.manual_seed(self.options.seed + 1_000_003 * self.step + self.world.rank)

    def kept(self, path: Path) -> dict[str, Any]:
        """Return the record of a checkpoint."""
        return {"event": "checkpoint", "step": self.step, "path": path.relative_to(self.run).as_posix()}

    def save(self) -> None:
        """Write a checkpoint; a disk that refuses costs a note, not the run."""
        if self.saved == self.step:
            return
        self.unsaved = ""
        self.saved = self.step  # or tried, and by all ranks: on a split model, one alone would wait for the others
        self.log.sync()
        state = {
            "step": self.step, "tokens": self.tokens, "data": self.prepared.mark, "log": self.log.tell(),
            "threads": torch.get_num_threads(),
            "dtype": self.options.dtype, "random": checkpoint.random_state(self.place),
        }  # fmt: skip
        end = self.prepared.encoding.eot_token
        try:
            path = checkpoint.save(
                self.run, self.step, self.model, self.optimizers, state, end, writes=self.world.first
            )
        except OSError as error:
            self.unsaved = str(error)
            self.note(f"{error}; earlier checkpoints are untouched")
            return
        self.log.append(self.kept(path))

    def measure(self) -> None:
        """Log the validation loss."""
        loss = evaluate.loss(self.model, self.prepared.val, self.options.eval_tokens, self.options.micro_batch)
        self.log.append({"event": "val", "step": self.step, "loss": round(loss, 6)})
        self.say(f"step {self.step:>6}  validation loss {loss:.4f}")

    def write(self) -> None:
        """Log a sample, and keep it as a file."""
        prompt = self.options.prompt
        with device.in_any_order():  # a sample moves no weight
            drawn = sample.text(
                self.model.plain(), self.prepared.encoding, prompt, sample.Sampling(tokens=100, seed=self.options.seed),
                self.parts.function("sampler", "generate", None),
            )  # fmt: skip
        text = prompt + drawn
        self.log.append({"event": "sample", "step": self.step, "text": text})
        if not self.world.first:
            return
        (self.run / "samples").mkdir(exist_ok=True)
        (self.run / "samples" / f"step_{self.step:08d}.txt").write_text(text + "\n", encoding="utf-8")
        self.say(f"step {self.step:>6}  “{' '.join(text.split())[:160]}”")

    def loop(self) -> str:
        """Train to the last step or to a signal; return "finished" or "interrupted"."""
        options, last = self.options, self.options.max_steps
        alone = self.world.first or options.shard == "fsdp"  # a split model computes only with all its ranks
        self.model.train()
        begun = self.step
        while self.step < last and not (self.ending or (self.stopping and self.world.size == 1)):
            record = self.advance()
            if record is None:
                break
            self.log.append(record)
            self.show(record)
            if not (math.isfinite(record["loss"]) and math.isfinite(record["norm"])):
                self.step -= 1
                what = "loss" if not math.isfinite(record["loss"]) else "gradient"
                raise Failed(f"the {what} of step {record['step']} is not a number: try a smaller lr, or dtype=float32")
            if self.step == begun + 1:  # whatever lives now stays; looking through it again only costs steps
                gc.collect()
                gc.freeze()
            ended = self.step == last
            if alone and (ended or self.step % options.eval_every == 0):
                self.measure()
            if alone and options.sample_every > 0 and (ended or self.step % options.sample_every == 0):
                self.write()
            if ended or self.step % options.save_every == 0:
                self.save()
        if self.step:  # of a run without a step there is nothing to keep: it begins anew
            self.save()
        return "finished" if self.step >= last else "interrupted"

    # --- words ---

    def note(self, message: str, **more: Any) -> None:
        """Say a remark and log it."""
        self.say(message)
        self.log.append({"event": "note", "message": message, **more})

    def say(self, message: str) -> None:
        """Write a line to stderr, on the first rank."""
        if self.world.first:
            print(message, file=sys.stderr, flush=True)

    def show(self, record: dict[str, Any]) -> None:
        """Say how a step went, at most once a second."""
        now = time.monotonic()
        if now - self.shown < 1 and record["step"] < self.options.max_steps:
            return
        self.shown = now
        left = (self.options.max_steps - record["step"]) * record["seconds"]
        self.say(
            f"step {record['step']:>6}/{self.options.max_steps}  loss {record['loss']:.4f}  lr {record['lr']:.2e}  "
            f"norm {record['norm']:.2f}  {record['tokens_per_second']:,.0f} tokens/s  {forecast.span(left)} left"
        )
