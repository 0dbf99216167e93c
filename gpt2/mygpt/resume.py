"""Milestone: a run that is cut off at any step goes on as if nothing had happened."""

from __future__ import annotations

import random
import shutil

from . import pretrain
from .report import HOME, Report

STEPS = 60


def main() -> None:
    """Train twice, once straight through and once cut off at a random step, and compare."""
    report = Report("resume")
    pretrain.EVERY = 10
    cut = random.SystemRandom().randrange(15, STEPS - 5)
    runs = {}
    for name in ("straight", "broken"):
        run = HOME / "runs" / f"resume-{name}"
        shutil.rmtree(run, ignore_errors=True)
        if name == "broken":
            print(f"cut off after step {cut}, where the last checkpoint is {cut // 10 * 10}", flush=True)
            pretrain.train(run, STEPS, resume=False, stop_at=cut)
        runs[name] = pretrain.train(run, STEPS, resume=name == "broken")
    same = [[(r["step"], r["loss"], r.get("val")) for r in runs[name]] for name in ("straight", "broken")]
    report.see("the log has every step once", [r[0] for r in same[1]] == list(range(1, STEPS + 1)))
    apart = max(abs(a[1] - b[1]) for a, b in zip(*same, strict=False))
    report.see("the losses are those of the unbroken run", same[0] == same[1], f"at most {apart:.1e} apart")
    report.done(cut=cut)


if __name__ == "__main__":
    main()
