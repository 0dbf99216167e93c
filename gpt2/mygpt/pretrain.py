"""Milestone: your model learns. `python -m mygpt.pretrain [--steps N] [--run NAME] [--resume] [--plain]`."""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path

import torch
from torch import Tensor, nn

from . import checkpoint, clip, device, evaluate, glue, groups, loader, schedule
from .report import HOME, Report

BATCH, MICRO, PEAK, WARMUP, EVERY = 32, 2, 3e-3, 50, 100


class Rows(nn.Module):
    """The model as `evaluate` wants it: a row of logits for each target."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        """(B, T) to (B·T, V)."""
        return self.model(x)[0].flatten(0, 1)


def validation(model: nn.Module, val: Tensor, block: int) -> float:
    """Mean loss in nats a token over the validation tokens, whole windows."""
    windows = (len(val) - 1) // block
    x, y = val[: windows * block].view(-1, block), val[1 : windows * block + 1].view(-1, block)
    pairs = ((a, b.flatten()) for a, b in zip(x.split(64), y.split(64), strict=True))
    return evaluate.evaluate(Rows(model), pairs, nn.functional.cross_entropy)["loss"]


def train(run: Path, steps: int, resume: bool, stop_at: int = 0) -> list[dict[str, float]]:
    """Train into a folder and return its log; with `stop_at`, end there as if the power had gone."""
    run.mkdir(parents=True, exist_ok=True)
    place = device.pick_device(torch.cuda.is_available(), torch.backends.mps.is_available())
    config = glue.Config()
    model = glue.build(config).to(place)
    opt = groups.configure_optimizers(model, 0.1, PEAK, (0.9, 0.95), str(place).partition(":")[0])
    data, val = glue.tokens("train"), glue.tokens("val").to(place)
    batches = loader.DataLoaderLite(data, BATCH // MICRO, config.block_size)
    kept, log, step = run / "state.pt", run / "log.jsonl", 0
    records: list[dict[str, float]] = []
    if resume and kept.exists():
        step = checkpoint.load(kept, model, opt, batches, place)
        records = [r for r in map(json.loads, log.read_text().splitlines()) if r["step"] <= step]
    log.write_text("".join(json.dumps(r) + "\n" for r in records))
    model.train()
    with open(log, "a", encoding="utf-8") as file:
        while step < steps:
            started, total = time.perf_counter(), 0.0
            opt.zero_grad()
            for _ in range(MICRO):
                x, y = (device.move(t, place) for t in batches.next_batch())
                _, loss = model(x, y)
                (loss / MICRO).backward()
                total += loss.item() / MICRO
            norm = float(clip.clip_(list(model.parameters()), 1.0))
            lr = schedule.lr_at(step, PEAK, PEAK / 10, WARMUP, steps)
            for group in opt.param_groups:
                group["lr"] = lr
            opt.step()
            step += 1
            record = {"step": step, "loss": total, "lr": lr, "norm": norm, "seconds": time.perf_counter() - started}
            if step % EVERY == 0 or step == steps:
                record["val"] = validation(model, val, config.block_size)
            records.append(record)
            file.write(json.dumps(record) + "\n")
            file.flush()
            if "val" in record or step == 1:
                speed = BATCH * config.block_size / record["seconds"]
                ahead = f"  val {record['val']:.3f}" if "val" in record else ""
                print(
                    f"step {step:>5}/{steps}  loss {total:.3f}{ahead}  norm {norm:.2f}  {speed:,.0f} tokens/s",
                    flush=True,
                )
            if step % EVERY == 0 or step == steps:
                checkpoint.save(kept, model, opt, step, batches, {"steps": steps})
            if step == stop_at:
                break
    return records


def main() -> None:
    """Train, then hold the log against what a healthy run looks like."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--run", default="first")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--plain", action="store_true", help="only train, without the checks")
    given = parser.parse_args()
    run = HOME / "runs" / given.run
    if given.plain:
        train(run, given.steps, given.resume)
        return
    report = Report("pretrain")
    records = train(run, given.steps, given.resume)
    config = glue.Config()
    first, last = records[0]["loss"], records[-1]["val"]
    expected = glue.first_loss(config)
    report.see("the first loss is that of a model that knows nothing", abs(first - expected) < 0.15,
               f"{first:.3f}, expected {expected:.3f}")  # fmt: skip
    report.see("every norm is a number", all(math.isfinite(r["norm"]) for r in records))
    report.see("the log is complete", [r["step"] for r in records] == list(range(1, given.steps + 1)))
    val = "".join(glue.documents("val")).encode()
    train_bytes = "".join(glue.documents("train")).encode()
    per_byte = last * len(glue.tokens("val")) / len(val)
    bar = 0.8 * glue.bigram_bits(train_bytes, val)
    report.see("in nats a byte it beats counting pairs by a fifth", per_byte <= bar, f"{per_byte:.3f}, bar {bar:.3f}")
    report.done(
        first_loss=round(first, 4), val_loss=round(last, 4), nats_per_byte=round(per_byte, 4), bar=round(bar, 4)
    )


if __name__ == "__main__":
    main()
