"""The training program: reads the words, opens the run's folder, trains, and answers for how it ended."""

from __future__ import annotations

import contextlib
import errno
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from gpt2 import checkpoint, config, corpus, data, device, distributed, forecast, parts, plan
from gpt2 import tokens as tokenizers
from gpt2.config import Training
from gpt2.distributed import World
from gpt2.launch import hopeless
from gpt2.log import Log, Silence, in_words
from gpt2.opening import begin
from gpt2.trainer import Failed, Trainer


def run_in(run: Path, options: Training, notes: list[str], world: World) -> int:
    """Train in `run`, whose lock the first rank holds. Returns the exit code."""
    device.keep_memory(in_large_pages=options.preset != "nano")
    own = tokenizers.load(run / "tokenizer") if checkpoint.newest(run, world) else None
    reasons: dict[str, str] = {}
    if own is None:
        own, reasons = parts.vocabulary(run, options, world)
    with world.one_first():
        prepared = data.prepare(options.data, options.tokenizer, options.vocab_size, options.preset != "nano", own)
    with Log(run / "log.jsonl") if world.first else Silence() as log:
        trainer = Trainer(run, options, prepared, log, world)
        trainer.parts.reasons |= reasons
        with stoppable(trainer):
            how = trainer.resume()
            if how == "finished":
                trainer.say(f"this run is finished at step {trainer.step}; a larger max_steps trains on")
                return 0
            if world.first:
                config.save(run / "config.json", options, trainer.shape)
                if how != "resumed":
                    tokenizers.save(prepared.encoding, run / "tokenizer")
                    begin(trainer, notes, how)
                else:
                    trainer.peak = device.matmul_rate(trainer.place, device.DTYPES[options.dtype])
            if how != "resumed":
                trainer.own_randomness()
            reason, message = guarded(trainer)
        with contextlib.suppress(OSError):  # a full disk is said on the terminal, at least
            log.append({"event": "stop", "reason": reason, "message": message, "step": trainer.step})
        trainer.say(f"{reason} at step {trainer.step}" + (f": {message}" if message else ""))
    return 1 if reason == "error" else 0


@contextlib.contextmanager
def stoppable(trainer: Trainer) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM ask for an end after this step; a second one ends at once, with KeyboardInterrupt."""

    def stop(number: int, frame: object) -> None:
        if trainer.stopping:
            raise KeyboardInterrupt
        trainer.stopping = True
        trainer.say("stopping: saving first (once more to stop at once)")

    old = {kind: signal.signal(kind, stop) for kind in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for kind, handler in old.items():
            signal.signal(kind, handler)
        trainer.ahead.close()


def guarded(trainer: Trainer) -> tuple[str, str]:
    """Train to an end of any kind; return "finished", "interrupted" or "error", and a sentence."""
    try:
        with device.attention_kernels(trainer.place):
            how = trainer.loop()
        if trainer.unsaved:  # what was trained since the last checkpoint is lost with this process
            return "error", f"{trainer.unsaved}; the same command goes on from the last checkpoint"
        return how, ""
    except Failed as failure:
        return "error", str(failure)
    except KeyboardInterrupt:
        return "interrupted", "stopped at once; the last checkpoint stands"
    except (Exception, SystemExit) as error:
        theirs = parts.blamed(trainer.run, error)
        if not theirs and not isinstance(error, RuntimeError | MemoryError | OSError):
            raise
        first = told(error) if device.is_out_of_memory(error) or not theirs else theirs
        if trainer.world.size > 1 and distributed.is_lost(error):
            first = "another rank has ended; the same command goes on from the last checkpoint"
        elif isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            first = "the disk is full; once there is room, the same command goes on from the last checkpoint"
        return "error", first


def told(error: BaseException) -> str:
    """Return the first line of what an error says, and what to try where memory was short."""
    first = str(error).splitlines()[0] if str(error) else type(error).__name__
    return first + ("; try a smaller micro_batch, or a smaller preset" if device.is_out_of_memory(error) else "")


def main(arguments: list[str] | None = None) -> int:
    """Run `python -P -m gpt2.train DIR NAME=VALUE … [--dry-run] [--json]`, alone or under torchrun."""
    import argparse

    lines = "\n".join(f"  {name}={default!s:<8} {says}" for name, _, default, says in config.fields())
    parser = argparse.ArgumentParser(
        prog="gpt2.train", description="Train a GPT-2 in a folder, or go on where it was left.",
        epilog=f"options:\n{lines}", formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("run", type=Path, metavar="DIR", help="the run's folder, made where it is not there")
    parser.add_argument("words", nargs="*", metavar="NAME=VALUE")
    parser.add_argument("--dry-run", action="store_true", help="say what the run would cost, and stop")
    parser.add_argument("--ranks", type=int, default=1, help="with --dry-run: on so many devices")
    parser.add_argument("--json", action="store_true", help="with --dry-run: the forecast as JSON on stdout")
    given = parser.parse_intermixed_args(arguments)
    if distributed.again() and hopeless(given.run):
        return 1
    try:
        with distributed.joined() as world:
            if given.dry_run:
                options, shape, notes = plan.joined(given.run, given.words, given.ranks)
                corpus.place(options.data)
                forecast.show(options, shape, notes, device.pick(options.device), given.json, given.ranks)
                return 0
            options, shape, notes = plan.settled(given.run, given.words, world)
            corpus.place(options.data)  # an error at once where there is nothing, or not yet
            if file := next((path for path in (given.run, *given.run.parents) if path.is_file()), None):
                raise ValueError(f"{file} is a file, where a run's folder is to be")
            given.run.mkdir(parents=True, exist_ok=True)
            with checkpoint.Lock(given.run) if world.first else contextlib.nullcontext():
                return run_in(given.run, options, notes, world)
    except (Exception, SystemExit) as error:
        theirs, ours = parts.blamed(given.run, error), isinstance(error, ValueError | OSError)
        if not (theirs or ours or device.is_out_of_memory(error)):
            raise
        if distributed.speaks():
            print(f"gpt2.train: {theirs or (in_words(error) if ours else told(error))}", file=sys.stderr)
        return 2 if ours and not theirs else 1
    except KeyboardInterrupt:
        if distributed.speaks():
            print("gpt2.train: stopped before it began; what was there is as it was", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
