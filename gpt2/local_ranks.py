"""Starts the ranks of a run on this machine, as torchrun does, and answers with one exit code for all of them."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import torch

from gpt2 import config, corpus, device, launch, log
from gpt2.launch import Job


def start(job: Job) -> int:
    """Train on this machine until all ranks have ended; return the exit code that one process would have.

    Raises ValueError where the job cannot be on the device that is here.
    """
    os.environ.setdefault("LOGLEVEL", "ERROR")  # the ranks say what happens, torchrun only whom it has lost
    from torch.distributed import run as torchrun
    from torch.distributed.elastic.multiprocessing import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    stored = config.load(job.run / "config.json")[0] if job.begun else None
    options = config.parse(list(job.words), stored)
    place = device.pick(options.device)
    launch.check(job, place.type)
    if place.type == "mps" and job.ranks > 1:
        raise ValueError("ranks cannot exchange gradients on device=mps: one rank, or device=cpu")
    if place.type == "cuda" and job.ranks > torch.cuda.device_count():
        raise ValueError(f"{job.ranks} ranks want a GPU each, and this machine has {torch.cuda.device_count()}")
    corpus.place(options.data)
    os.environ.update(launch.environment(job.ranks))
    logging.getLogger("torch.distributed.elastic").setLevel(os.environ["LOGLEVEL"])
    try:
        torchrun.main(launch.arguments(job))
    except ChildFailedError as error:
        _, failure = error.get_first_failure()
        return failure.exitcode if failure.exitcode in (1, 2) else 1
    except SignalException:  # the ranks were told, and have saved
        records, _ = log.read(job.run / "log.jsonl")
        return 0 if records and records[-1].get("event") == "stop" else 1
    return 0


def main(words: list[str]) -> int:
    """Run `python -P -m gpt2.local_ranks DIR RANKS NAME=VALUE …`. Returns the exit code."""
    run, ranks, *rest = words
    try:
        return start(Job(Path(run), tuple(rest), int(ranks)))
    except (ValueError, OSError) as error:
        print(f"gpt2.local_ranks: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
