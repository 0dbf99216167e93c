"""What can be fetched, from where, and where it lies once it is here; names that `data=` understands."""

from __future__ import annotations

import hashlib
import json
import os
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gpt2 import fetch
from gpt2.config import nearest

SHARD_MAGIC = 20240520  # llm.c's mark of a GPT-2 token shard
SHARD_HEADER = 256  # int32 values: magic, version, number of tokens, zeros
RAW = "https://raw.githubusercontent.com/"
HUB = "https://huggingface.co/datasets/"
GPT2 = "https://huggingface.co/openai-community/gpt2/resolve/607a30d783dfa663caf39e06633721c8d4cfcd7e/"
VOCABULARY = "https://openaipublic.blob.core.windows.net/gpt-2/encodings/main/"


def cache_folder() -> Path:
    """Where what was fetched and prepared is kept: GRADATIM_CACHE, else the user's cache folder."""
    if chosen := os.environ.get("GRADATIM_CACHE"):
        return Path(chosen)
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("gradatim"))


@dataclass(frozen=True)
class File:
    """A file that can be fetched. Without a SHA-256 of ours, the size is only what to expect."""

    name: str
    address: str
    size: int
    sha256: str | None = None


@dataclass(frozen=True)
class Offer:
    """Something that can be fetched under a name."""

    name: str
    says: str
    terms: str  # whose it is
    fixed: tuple[File, ...]  # what always comes with it
    shards: tuple[File, ...] = ()  # of these, as many as are wanted, from the first on
    needs: tuple[str, ...] = ()  # other offers that it is of no use without
    use: str = ""  # the command that it was fetched for

    @property
    def folder(self) -> Path:
        """Where its files lie, or will."""
        if self.name == "gpt2-bpe" and (found := vocabulary_folder()) is not None:
            return found  # perhaps where tiktoken put them
        return self.home

    @property
    def home(self) -> Path:
        """The folder that we keep it in."""
        return cache_folder() / "fetched" / self.name

    def files(self, shards: int = 1) -> list[File]:
        """List the files to fetch. Raises ValueError for a number of shards that there is not."""
        if self.shards and not 1 <= shards <= len(self.shards):
            raise ValueError(f"shards={shards}: {self.name} has 1 to {len(self.shards)} of them")
        return [*self.fixed, *self.shards[:shards]]

    def here(self) -> list[Path]:
        """List the files that are here, whole."""
        paths = (self.folder / file.name for file in (*self.fixed, *self.shards))
        return [path for path in paths if path.is_file()]

    def complete(self) -> bool:
        """Whether enough of it is here to be used: everything, or of the shards at least the first."""
        return all((self.folder / file.name).is_file() for file in self.files())

    def partial(self) -> int:
        """Return the bytes that an interrupted fetch has left, to be gone on with."""
        return sum(path.stat().st_size for path in self.folder.glob("*.part"))


def _vocabulary(name: str, size: int, sha256: str) -> File:
    """A file of GPT-2's vocabulary, under the name that tiktoken gives it in its cache."""
    address = VOCABULARY + name
    return File(hashlib.sha1(address.encode()).hexdigest(), address, size, sha256)


def _shards(repository: str, prefix: str, count: int, last: int) -> tuple[tuple[File, ...], tuple[File, ...]]:
    """One shard for validation and `count` to train on: 100 million tokens each, but for the last."""

    def shard(name: str, tokens: int) -> File:
        return File(name, f"{HUB}{repository}/resolve/main/{name}", 4 * SHARD_HEADER + 2 * tokens)

    train = [shard(f"{prefix}_train_{n:06d}.bin", last if n == count else 10**8) for n in range(1, count + 1)]
    return (shard(f"{prefix}_val_000000.bin", 10**8),), tuple(train)


_EDU, _EDU_SHARDS = _shards("kjj0/finewebedu10B-gpt2", "finewebedu", 99, 53_989_344)
_WEB, _WEB_SHARDS = _shards("kjj0/fineweb10B-gpt2", "fineweb", 103, 55_324_043)
_TRAIN = "gradatim train data={} --run runs/{}"

OFFERS: dict[str, Offer] = {
    offer.name: offer
    for offer in (
        Offer(
            "gpt2-bpe", "GPT-2's own vocabulary: 50,257 tokens",
            "OpenAI, modified MIT license",
            (
                _vocabulary("vocab.bpe", 456_318, "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5"),
                _vocabulary(
                    "encoder.json", 1_042_301, "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783"
                ),
            ),
            use="gradatim train tokenizer=gpt2 --run runs/gpt2-bpe",
        ),
        Offer(
            "gpt2-weights", "GPT-2 as it was released: 124 million weights",
            "OpenAI, modified MIT license",
            (
                File("config.json", GPT2 + "config.json", 665),
                File("model.safetensors", GPT2 + "model.safetensors", 548_105_171,
                     "248dfc3911869ec493c76e65bf2fcf7f615828b0254c12b473182f0f81d3a707"),
            ),
            needs=("gpt2-bpe",), use="gradatim model import gpt2-weights runs/gpt2",
        ),
        Offer(
            "shakespeare", "a million characters of his plays; minutes to train on",
            "in the public domain; collected by Andrej Karpathy",
            (File("input.txt", RAW + "karpathy/char-rnn/master/data/tinyshakespeare/input.txt", 1_115_394,
                  "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"),),
            use=_TRAIN.format("shakespeare", "shakespeare"),
        ),
        Offer(
            "names", "32,033 first names, one a line",
            "US public records; collected by Andrej Karpathy, MIT license",
            (File("names.txt", RAW + "karpathy/makemore/master/names.txt", 228_145,
                  "0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d"),),
            use=_TRAIN.format("names", "names"),
        ),
        Offer(
            "fineweb-edu", "pages chosen for what they teach: 10 billion tokens",
            "Hugging Face, ODC-By license; tokenized by Keller Jordan",
            _EDU, _EDU_SHARDS, ("gpt2-bpe",), _TRAIN.format("fineweb-edu", "edu"),
        ),
        Offer(
            "fineweb", "pages as they come from the web: 10 billion tokens",
            "Hugging Face, ODC-By license; tokenized by Keller Jordan",
            _WEB, _WEB_SHARDS, ("gpt2-bpe",), _TRAIN.format("fineweb", "fineweb"),
        ),
        Offer(
            "hellaswag", "10,042 beginnings, four endings each: a test",
            "Zellers et al. (2019), MIT license",
            (File("hellaswag_val.jsonl", RAW + "rowanz/hellaswag/master/data/hellaswag_val.jsonl", 12_246_618,
                  "0aa3b88843990f3f10a97b9575c94d7b71fb2205240ba04ae4884d9e9c992588"),),
            use="gradatim eval --run RUN --hellaswag hellaswag",
        ),
    )
}  # fmt: skip
CORPORA = ("shakespeare", "names", "fineweb-edu", "fineweb")  # what a run can be trained on


def find(name: str) -> Offer:
    """Return the offer called so; case and `_` do not matter. Raises ValueError with the nearest name."""
    plain = name.strip().lower().replace("_", "-")
    if plain not in OFFERS:
        raise ValueError(f"There is nothing called {name!r} to fetch: {nearest(plain, tuple(OFFERS))}")
    return OFFERS[plain]


def place(name: str) -> Path:
    """Return what was fetched as `name`: its file, or its folder where it has several.

    Raises ValueError, naming the command that fetches it, where it is not here.
    """
    offer = find(name)
    if not offer.complete():
        size = fetch.amount(sum(file.size for file in offer.files()))
        raise ValueError(f"{offer.name} is not on this machine yet; this fetches it: gradatim data get {name} ({size})")
    single = len(offer.fixed) == 1 and not offer.shards
    return offer.folder / offer.fixed[0].name if single else offer.folder


def get(file: File, folder: Path, progress: fetch.Progress | None = None) -> Path:
    """Fetch one file of an offer into its folder. One that is there already is checked, and kept if it is whole.

    Raises FetchError where it cannot be had.
    """
    target = folder / file.name
    check = {".bin": shard, ".safetensors": tensors, ".json": described}.get(target.suffix)
    if target.is_file() and file.sha256 in (None, fetch.digest_of(target)):
        try:
            if check is not None:
                check(target)
            return target
        except ValueError:
            pass  # damaged: what comes now takes its place
    size = file.size if file.sha256 is not None else None
    return fetch.fetch(file.address, target, size, file.sha256, progress, check)


def shard(path: Path) -> None:
    """Raise ValueError where a file is not a whole shard of llm.c."""
    with open(path, "rb") as file:
        start = file.read(12)
    magic, version, tokens = struct.unpack("<3i", start.ljust(12, b"\0"))
    held = (path.stat().st_size - 4 * SHARD_HEADER) / 2
    if (magic, version) != (SHARD_MAGIC, 1):
        raise ValueError("it is no shard of tokens")
    if tokens != held:
        raise ValueError(f"its header promises {tokens:,} tokens, and it holds {held:,.0f}")


def tensors(path: Path) -> None:
    """Raise ValueError where a file is not a whole safetensors: 8 bytes for the length of a JSON header, it, the data.

    https://huggingface.co/docs/safetensors says what stands where.
    """
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > path.stat().st_size - 8:
            raise ValueError("it is no safetensors file")
        try:
            header = json.loads(file.read(length))
            promised = max(
                (about["data_offsets"][1] for name, about in header.items() if name != "__metadata__"), default=0
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            raise ValueError("it is no safetensors file") from None
    held = path.stat().st_size - 8 - length
    if promised != held:
        raise ValueError(f"its header promises {promised:,} bytes of weights, and it holds {held:,}")


def described(path: Path) -> None:
    """Raise ValueError where a file is not a JSON object."""
    try:
        if isinstance(json.loads(path.read_bytes()), dict):
            return
    except ValueError:
        pass
    raise ValueError("it is no JSON object")


def vocabulary_folder() -> Path | None:
    """Return the folder that holds GPT-2's two vocabulary files, tiktoken's cache or ours, or None.

    Their checksums are compared: tiktoken downloads by itself whatever its cache lacks or has damaged.
    """
    offer = OFFERS["gpt2-bpe"]
    chosen = os.environ.get("TIKTOKEN_CACHE_DIR", os.environ.get("DATA_GYM_CACHE_DIR"))
    if chosen is None:
        chosen = os.path.join(tempfile.gettempdir(), "data-gym-cache")
    for folder in ([Path(chosen)] if chosen else []) + [offer.home]:
        try:
            if all(fetch.digest_of(folder / file.name) == file.sha256 for file in offer.fixed):
                return folder
        except OSError:
            continue
    return None
