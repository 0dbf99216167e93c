"""A run's log as TensorBoard's event files: scalars, samples and settings, read from log.jsonl alone."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gpt2 import log

OURS = ".gradatim"  # ends the names of our files, so that a second time replaces what the first one wrote
SCALARS = ("loss", "lr", "norm", "tokens_per_second", "mfu", "memory", "wait")
Item = tuple[str, int, float, float | str]  # tag, step, seconds since 1970, a number or a text


def items(records: list[log.Record]) -> Iterator[Item]:
    """Yield what a log holds for a board."""
    for record in records:
        event, step, at = record.get("event"), int(record.get("step") or 0), float(record.get("time") or 0.0)
        if event == "step":
            for name in SCALARS:
                if isinstance(value := record.get(name), int | float):
                    yield f"train/{name}", step, at, float(value)
        elif event == "val":
            yield "val/loss", step, at, float(record["loss"])
        elif event == "sample":
            yield "sample", step, at, str(record.get("text", ""))
        elif event == "start":
            lines = (f"    {name}: {json.dumps(value)}" for name, value in record.get("config", {}).items())
            yield "settings", step, at, "\n".join(lines)  # four spaces: Markdown shows it as it is


def write(run: Path, out: Path) -> Path:
    """Write the log of `run` into a folder of its name in `out`, and return that folder.

    Raises ImportError where TensorBoard's package is not installed, OSError where nothing can be written.
    """
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.types_pb2 import DT_STRING
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    text = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text"))

    def value(tag: str, what: float | str) -> Any:
        if isinstance(what, str):
            words = TensorProto(dtype=DT_STRING, string_val=[what.encode()])
            return Summary.Value(tag=tag, tensor=words, metadata=text)
        return Summary.Value(tag=tag, simple_value=what)

    records, _ = log.read(run / "log.jsonl")
    folder = out / run.resolve().name
    folder.mkdir(parents=True, exist_ok=True)
    old = list(folder.glob(f"events.out.tfevents.*{OURS}"))
    writer = EventFileWriter(str(folder), filename_suffix=OURS)
    for tag, step, at, what in items(records):
        writer.add_event(Event(wall_time=at, step=step, summary=Summary(value=[value(tag, what)])))
    writer.close()
    for path in old:
        path.unlink()
    return folder


def main(words: list[str]) -> int:
    """Run `python -P -m gpt2.board RUN OUT`. Returns the exit code."""
    run, out = map(Path, words)
    try:
        folder = write(run, out)
    except ImportError:
        print("TensorBoard is not installed here: pip install 'gradatim[tensorboard]'", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{out} cannot be written: {error.strerror or error}", file=sys.stderr)
        return 2
    print(f"written into {folder}; look at it with: tensorboard --logdir {out}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
