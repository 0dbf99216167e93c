"""Text out of a trained model, shown as soon as its bytes are characters: alone, as a table, or as JSON lines."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import tiktoken
import torch

from gpt2 import checkpoint, choices, device, layout, quantize, theirs, tokens
from gpt2.config import Sampling, fields, sampling
from gpt2.decode import Filters, Step, Theirs, generate
from gpt2.log import in_words
from gpt2.model import GPT
from gpt2.replay import Replays


def text(
    model: GPT, encoding: tiktoken.Encoding, prompt: str, options: Sampling, own: Callable[..., Any] | None = None
) -> str:
    """Return one continuation of `prompt`, without the prompt, by the learner's `own` generate where that is given."""
    if own is not None:
        ids = theirs.continued(own, model, prompt_ids(encoding, prompt), options, encoding.eot_token)
        return encoding.decode(ids)
    stream = tokens.Stream(encoding)
    steps = generate(model, [prompt_ids(encoding, prompt)], options, stops(encoding, options))
    return "".join(stream.put(row[0]) for row in steps if row[0] is not None) + stream.end()


def prompt_ids(encoding: tiktoken.Encoding, prompt: str) -> list[int]:
    """Encode a prompt; an empty one is the start of a document."""
    return encoding.encode_ordinary(prompt) or [encoding.eot_token]


def stops(encoding: tiktoken.Encoding, options: Sampling) -> frozenset[int]:
    """Return the ids that end a text."""
    return frozenset([encoding.eot_token]) if options.stop else frozenset()


def own_filters(run: Path) -> tuple[Filters | None, str]:
    """Return the learner's filters where the run has them and they are equal to ours, else the reason."""
    from gpt2 import equal, parts, proofs

    about = parts.read(run).get("filters")
    if about is None:
        return None, ""
    try:
        with equal.within(equal.PATIENCE):
            file = parts.from_file("filters", (run / about["file"]).resolve(), about.get("hash", ""))
            proofs.prove_filters(file)
    except proofs.Refused as reason:
        return None, f"your filters are not used: {reason}; ours take their place"
    return Theirs(file), ""


class Writer:
    """A run that writes: its newest checkpoint, in the precision asked for, kept from one text to the next."""

    def __init__(self, run: Path) -> None:
        """Take a run's folder. Raises ValueError where its parts.toml cannot be read."""
        self.run = run
        self.filters, self.note = own_filters(run)
        self.loaded: tuple[Any, ...] = ()
        self.model: GPT
        self.encoding: tiktoken.Encoding
        self.steps = Replays()

    def load(self, options: Sampling, prompt: str) -> list[str]:
        """Open what the options ask for, unless it is open already, and return what there is to say about it.

        Raises ValueError or OSError with a sentence for the reader.
        """
        place = device.pick(options.device)
        found = checkpoint.complete(self.run)
        wanted = (options.step, found[-1:], options.precision, place)
        if wanted == self.loaded:
            return []
        notes = [self.note] if self.note else []
        self.loaded, self.steps = (), Replays()
        model, self.encoding, path = checkpoint.open_run(self.run, None if options.step < 0 else options.step)
        self.model, note = in_precision(model, options.precision, place, self.encoding, prompt)
        del model
        if options.precision == "int8":  # now that the matrices that were rounded are let go of
            layout.gather()
        self.loaded, self.step = wanted, int(path.name.removeprefix("step_"))
        return [*notes, note] if note else notes

    def write(
        self, prompt: str, options: Sampling, look: Callable[[Step], None] | None = None
    ) -> Iterator[list[int | None]]:
        """Yield the next ids of all texts, see `generate`."""
        ids = prompt_ids(self.encoding, prompt)
        steps = self.steps if options.graph and next(self.model.parameters()).is_cuda else None
        return generate(
            self.model, [ids] * options.samples, options, stops(self.encoding, options), self.filters, look, steps
        )  # fmt: skip

    def slow(self, options: Sampling) -> list[str]:
        """Return why the step was not replayed on a GPU, where it should have been."""
        if not options.graph or not next(self.model.parameters()).is_cuda:
            return []
        why = "your filters are Python, run for each token" if self.filters else self.steps.reason
        return [f"no CUDA graph: {why}; Python starts every step"] if why else []


def in_precision(
    model: GPT, precision: str, place: torch.device, encoding: tiktoken.Encoding, prompt: str
) -> tuple[GPT, str]:
    """Return the model ready to write in a precision on a device, and what there is to say. Raises ValueError."""
    if precision == "int8":
        if place.type != "cpu":
            raise ValueError(f"precision=int8 is for a CPU; on {place.type} take precision=bfloat16")
        rough = quantize.Int8GPT(model)
        ids = encoding.encode_ordinary(f"{prompt}\n\n{generate.__doc__}")[: model.config.block_size]
        off, same = quantize.error(model, rough, ids)
        return rough, (
            f"int8 ({rough.how}): on {len(ids)} tokens its logits are {off:.1%} off those of float32, "
            f"and the likeliest token is the same {same:.0%} of the time"
        )
    model.to(place, torch.bfloat16 if precision == "bfloat16" else torch.float32)
    if place.type == "cpu" and precision == "float32":
        layout.lay_out(model)
    return model, ""


# --- ways to show it -------------------------------------------------------------------------------


def speak(writer: Writer, prompt: str, options: Sampling) -> None:
    """Write to stdout: one text as it comes, several one after the other when all are done."""
    streams = [tokens.Stream(writer.encoding) for _ in range(options.samples)]
    parts = [[prompt] for _ in streams]
    live = options.samples == 1
    if live:
        print(prompt, end="", flush=True)
    for row in writer.write(prompt, options):
        for stream, part, token in zip(streams, parts, row, strict=True):
            piece = "" if token is None else stream.put(token)
            part.append(piece)
            if live and piece:
                print(piece, end="", flush=True)
    for number, (stream, part) in enumerate(zip(streams, parts, strict=True), 1):
        rest = stream.end()
        print(rest if live else f"--- {number} ---\n{''.join(part)}{rest}")


def tabulate(writer: Writer, prompt: str, options: Sampling) -> None:
    """Write a line for each token to stdout: what was drawn, and what was likely."""
    print(choices.HEAD)
    for number, event in enumerate(tell(writer, prompt, options, lambda: False), 1):
        if event["event"] == "token":
            print(choices.line(number, event), flush=True)


def tell(writer: Writer, prompt: str, options: Sampling, stopped: Callable[[], bool]) -> Iterator[dict[str, Any]]:
    """Yield a text as events: `token` with its `text` (what can be shown by now) and its choices, then `end`.

    `end` has the rest of the `text`, a `reason` (length, stop or stopped), `tokens` and `tokens_per_second`.
    """
    stream, choice, count = tokens.Stream(writer.encoding), choices.Choice(), 0

    def look(step: Step) -> None:
        nonlocal choice
        choice = choices.choices(step, writer.encoding, options.choices)

    begun, reason = time.perf_counter(), "stop"
    for count, (token,) in enumerate(writer.write(prompt, dataclasses.replace(options, samples=1), look), 1):
        assert token is not None  # where the only text ends, nothing more is given
        yield {"event": "token", "text": stream.put(token), **choice}
        reason = "stopped" if stopped() else "length" if count == options.tokens else "stop"
        if reason == "stopped":
            break
    seconds = max(time.perf_counter() - begun, 1e-9)
    yield {"event": "end", "reason": reason, "text": stream.end(), "tokens": count,
           "tokens_per_second": round(count / seconds, 1)}  # fmt: skip


def answer(writer: Writer, request: dict[str, Any], stopped: Callable[[], bool]) -> Iterator[dict[str, Any]]:
    """Yield the events of a request, {"prompt": "…", "options": ["top_k=5", …]}: `start` and those of `tell`.

    Where it cannot be done there is an `error`, with a `message`.
    """
    try:
        prompt = str(request.get("prompt", ""))
        options = sampling(list(request.get("options", [])))
        notes = writer.load(options, prompt)
        yield {"event": "start", "version": 1, "step": writer.step, "precision": options.precision, "notes": notes}
        for event in tell(writer, prompt, options, stopped):
            yield event if event["event"] != "end" else event | {"notes": writer.slow(options)}
    except (ValueError, OSError) as error:
        yield {"event": "error", "message": in_words(error)}


def serve(run: Path) -> None:
    """Answer requests, a line of JSON each, from stdin until that ends; a new line ends the text before it."""
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in sys.stdin:
            lines.put(line)
        lines.put("")

    threading.Thread(target=read, daemon=True).start()
    writer = Writer(run)
    while line := lines.get():
        request = json.loads(line)
        if "prompt" in request:  # without one, it only asks to stop
            for event in answer(writer, request, lambda: not lines.empty()):
                print(json.dumps({"request": request.get("request"), **event}), flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Run `python -P -m gpt2.sample DIR "prompt" NAME=VALUE …`."""
    lines = "\n".join(f"  {name}={default!s:<8} {says}" for name, _, default, says in fields(Sampling))
    parser = argparse.ArgumentParser(
        prog="gpt2.sample", description=__doc__, epilog=f"options:\n{lines}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("run", type=Path, metavar="DIR", help="the run's folder")
    parser.add_argument("prompt", nargs="?", help='what the text begins with; "" for the start of a document')
    parser.add_argument("words", nargs="*", metavar="NAME=VALUE")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--top", action="store_true", help="a line for each token, with the likeliest choices")
    shape.add_argument("--json", action="store_true", help="a line of JSON for each token; without a prompt, "
                       'answer requests from stdin: {"prompt": "…", "options": ["top_k=5"]}')  # fmt: skip
    given = parser.parse_intermixed_args(arguments)  # flags may stand anywhere between the words
    try:
        device.set_threads(0)
        if given.prompt is None and given.json:
            serve(given.run)
            return 0
        if given.prompt is None:
            raise ValueError('a prompt is missing; "" is the start of a document')
        options = sampling(given.words)
        if options.samples > 1 and (given.top or given.json):
            raise ValueError(f"samples={options.samples}: choices are shown for one text at a time")
        writer = Writer(given.run)
        if given.json:
            for event in answer(writer, {"prompt": given.prompt, "options": given.words}, lambda: False):
                print(json.dumps(event), flush=True)
                if event["event"] == "error":
                    raise ValueError(event["message"])
            return 0
        for note in writer.load(options, given.prompt):
            print(note, file=sys.stderr)
        (tabulate if given.top else speak)(writer, given.prompt, options)
        for note in writer.slow(options):
            print(note, file=sys.stderr)
    except (ValueError, OSError) as error:
        if isinstance(error, BrokenPipeError):  # whoever read it has enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left to write at the end goes nowhere
            return 0
        print(f"gpt2.sample: {in_words(error)}", file=sys.stderr)
        return 2
    except (RuntimeError, MemoryError) as error:
        if not device.is_out_of_memory(error):
            raise
        print(f"gpt2.sample: {str(error).splitlines()[0]}; try fewer samples, or precision=bfloat16", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print()
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
