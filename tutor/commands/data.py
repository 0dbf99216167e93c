"""`gradatim data`: which texts and vocabularies there are, and fetching them when you ask."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from tutor.commands import completion
from tutor.commands.context import NOT_PASSED, Refusal, put_json, say, short

if TYPE_CHECKING:
    from gpt2.catalog import Offer
    from gpt2.fetch import Progress

SECONDS = 5.0  # between two plain lines about one file

app = typer.Typer(help="See which texts there are to train on, and fetch one.", no_args_is_help=True)


@app.command("list")
def list_(
    json: Annotated[bool, typer.Option("--json", help="Print the list as JSON, and nothing else.")] = False,
) -> None:
    """Show what a model can be trained and measured on, and what of it is on this machine."""
    from gpt2 import catalog
    from gpt2.fetch import amount

    if json:
        put_json({"folder": str(catalog.cache_folder()), "data": [_DOCS, *map(_row, catalog.OFFERS.values())]})
        return
    print(f"docs          here        {_DOCS['says']}: the default")
    for offer in catalog.OFFERS.values():
        row = _row(offer)
        if row["here"]:
            state = "here"
        elif row["partial_bytes"]:
            state = "in part"
        else:
            state = amount(sum(file.size for file in offer.files()))
        print(f"{offer.name:<13} {state:<11} {offer.says}")
        if offer.shards and row["here"]:
            print(f"{'':<25} {row['files_here'] - 1} of its {len(offer.shards)} shards to train on are here")
    print("\nFetch one:           gradatim data get NAME")
    print("FineWeb, in shards:  gradatim data get fineweb-edu shards=3   200 MB each")
    print("A text of your own:  gradatim train data=FILE-OR-FOLDER --run DIR")
    print(f"Kept in {short(catalog.cache_folder())}")


_DOCS: dict[str, Any] = {
    "name": "docs", "says": "the documentation in Python and torch", "terms": "what Python and torch came with",
    "here": True, "files": 0, "files_here": 0, "bytes": 0, "bytes_here": 0, "partial_bytes": 0, "folder": None,
}  # fmt: skip


def _row(offer: Offer) -> dict[str, Any]:
    """What `list --json` says about one offer; sizes in bytes."""
    here = offer.here()
    files = [*offer.fixed, *offer.shards]
    return {
        "name": offer.name, "says": offer.says, "terms": offer.terms, "here": offer.complete(),
        "files": len(files), "files_here": len(here),
        "bytes": sum(file.size for file in files), "bytes_here": sum(path.stat().st_size for path in here),
        "partial_bytes": offer.partial(), "folder": str(offer.folder),
    }  # fmt: skip


@app.command()
def get(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="A name that `gradatim data list` shows.", autocompletion=completion.texts),
    ],
    options: Annotated[
        list[str] | None,
        typer.Argument(metavar="shards=N", help="Of FineWeb: how many shards to train on, 200 MB each; else 1."),
    ] = None,
) -> None:
    """Fetch a text, a vocabulary or a test from the network, with its checksum.

    Ctrl-C stops it, and a broken line does too: the same command goes on from there.
    Exit code 0: it is here, 1: it could not be fetched.
    """
    from gpt2 import catalog
    from gpt2.fetch import FetchError, amount

    if name.lower() == "docs":
        say("docs is on every machine: it is read from the Python and the torch that are installed here.")
        return
    try:
        offer = catalog.find(name)
        wanted = [(offer, file) for file in offer.files(_shards(offer, options or []))]
    except ValueError as error:
        raise Refusal(f"{error}") from None
    if "gpt2-bpe" in offer.needs and catalog.vocabulary_folder() is None:
        needed = catalog.OFFERS["gpt2-bpe"]
        wanted = [*((needed, file) for file in needed.files()), *wanted]
    missing = [(of, file) for of, file in wanted if not (of.folder / file.name).is_file()]
    if missing:
        hosts = ", ".join(dict.fromkeys(urlsplit(file.address).hostname or "" for _, file in missing))
        many = f"{len(missing)} files" if len(missing) > 1 else "1 file"
        size = amount(sum(file.size for _, file in missing))
        say(f"{offer.name}: {many}, {size}, from {hosts} ({offer.terms}).")
    try:
        with _Bars() if sys.stderr.isatty() else _Lines() as shown:
            for of, file in wanted:
                catalog.get(file, of.folder, shown.follow(file.address.rpartition("/")[2]))
    except FetchError as error:
        raise Refusal(f"{error}", NOT_PASSED) from None
    except KeyboardInterrupt:
        say(f"Stopped. The same command goes on from here: gradatim data get {' '.join([name, *(options or [])])}")
        raise
    print(f"{offer.name} is here, in {short(offer.folder)}")
    if offer.use:
        print(f"Next: {offer.use}")


def _shards(offer: Offer, words: list[str]) -> int:
    """Read `shards=N`. Raises ValueError for any other word, and where the offer has none."""
    count = 1
    for word in words:
        key, equals, value = word.partition("=")
        if key.lstrip("-") != "shards" or not equals:
            raise ValueError(f"{word!r}: the only option is shards=N, for FineWeb")
        if not offer.shards:
            raise ValueError(f"{offer.name} has no shards: gradatim data get {offer.name} fetches all of it")
        if not value.isdecimal():
            raise ValueError(f"shards={value}: expected a whole number, 1 to {len(offer.shards)}")
        count = int(value)
    return count


class _Lines:
    """Progress for logs and screen readers: a line for each file, and for a long one every few seconds."""

    def __enter__(self) -> _Lines:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def follow(self, name: str) -> Progress:
        from gpt2.fetch import amount

        last = 0.0

        def tell(done: int, total: int | None) -> None:
            nonlocal last
            now = time.monotonic()
            if done != total and now - last < SECONDS:
                return
            last = now
            say(f"  {name}: {amount(done)}" + (f" of {amount(total)}, {100 * done // total} %" if total else ""))

        return tell


class _Bars:
    """Progress on a terminal: a bar for each file, with its speed and the time that is left."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
        from rich.progress import Progress as Rich

        columns = (
            TextColumn("  {task.description}"), BarColumn(None), DownloadColumn(), TransferSpeedColumn(),
            TimeRemainingColumn(compact=True),
        )  # fmt: skip
        self.shown = Rich(*columns, console=Console(stderr=True))

    def __enter__(self) -> _Bars:
        self.shown.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shown.stop()

    def follow(self, name: str) -> Progress:
        task = self.shown.add_task(name, total=None)
        return lambda done, total: self.shown.update(task, completed=done, total=total)
