"""Model sizes, and the options of training and of sampling, with the words that explain them."""

from __future__ import annotations

import dataclasses
import difflib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints


@dataclass(frozen=True)
class Model:
    """The shape of a GPT-2."""

    n_layer: Annotated[int, "blocks, one after the other"] = 12
    n_head: Annotated[int, "attention heads in a block"] = 12
    n_embd: Annotated[int, "channels of the residual stream"] = 768
    block_size: Annotated[int, "longest context, in tokens"] = 1024
    vocab_size: Annotated[int, "ids of the tokenizer"] = 50257
    dropout: Annotated[float, "share of activations dropped while training"] = 0.0

    @property
    def padded_vocab(self) -> int:
        """Rows of the embedding in compute: a multiple of 128 keeps the largest matmul fast."""
        return -(-self.vocab_size // 128) * 128

    @property
    def parameters(self) -> int:
        """Parameters, counted once each: the head shares the embedding's, padding is none."""
        C, V, T = self.n_embd, self.vocab_size, self.block_size
        return self.n_layer * (12 * C * C + 13 * C) + V * C + T * C + 2 * C


@dataclass(frozen=True)
class Training:
    """The options of a run. 0 and "auto" stand for "what fits the preset and the device"."""

    preset: Annotated[str, "size of the model: nano, 124M, 350M, 774M or 1558M"] = "auto"
    data: Annotated[str, "docs, a name from `gradatim data list`, or a path: text or token shards"] = "docs"
    tokenizer: Annotated[str, "auto, gpt2 or trained (a BPE learned from the data)"] = "auto"
    max_steps: Annotated[int, "optimizer steps in all"] = 0
    tokens_per_step: Annotated[int, "tokens in one optimizer step"] = 0
    micro_batch: Annotated[int, "windows that pass through the model at once"] = 0
    vocab_size: Annotated[int, "ids of a trained tokenizer"] = 0
    n_layer: Annotated[int, "blocks, in place of the preset's"] = 0
    n_head: Annotated[int, "heads, in place of the preset's"] = 0
    n_embd: Annotated[int, "channels, in place of the preset's"] = 0
    block_size: Annotated[int, "context in tokens, in place of the preset's"] = 0
    dropout: Annotated[float, "share of activations dropped; -1 for the preset's"] = -1.0
    optimizer: Annotated[str, "adamw, or muon for the blocks' matrices (auto: muon for nano)"] = "auto"
    lr: Annotated[float, "peak learning rate"] = 0.0
    min_lr: Annotated[float, "last learning rate, as a share of the peak"] = 0.1
    warmup_steps: Annotated[int, "steps of rising learning rate; -1 for a twentieth of all"] = -1
    weight_decay: Annotated[float, "decay of matrices and embeddings"] = 0.1
    beta1: Annotated[float, "AdamW's memory of the gradient"] = 0.9
    beta2: Annotated[float, "AdamW's memory of its square"] = 0.95
    clip: Annotated[float, "largest gradient norm; 0 for no clipping"] = 1.0
    seed: Annotated[int, "draws the weights and the order of the data"] = 1337
    device: Annotated[str, "auto, cpu, cuda or mps"] = "auto"
    dtype: Annotated[str, "auto, float32 or bfloat16; weights stay float32"] = "auto"
    deterministic: Annotated[bool, "the same bits on every run, on a GPU too, where that is slower"] = False
    shard: Annotated[str, "of several devices: ddp (each holds all weights) or fsdp (each its share)"] = "auto"
    price: Annotated[float, "money for one hour of one such device, for the forecast"] = 0.0
    compile: Annotated[str, "auto, true or false: compile each block (torch.compile)"] = "auto"
    threads: Annotated[int, "CPU threads; 0 for the physical cores"] = 0
    eval_every: Annotated[int, "steps between validation losses"] = 0
    eval_tokens: Annotated[int, "validation tokens read each time"] = 0
    sample_every: Annotated[int, "steps between samples; -1 for none"] = 0
    save_every: Annotated[int, "steps between checkpoints"] = 0
    prompt: Annotated[str, "what the samples of a run begin with"] = "Returns"


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn."""

    tokens: Annotated[int, "tokens to write at most"] = 200
    temperature: Annotated[float, "0 takes the likeliest token; 1 draws as the model says"] = 0.8
    top_k: Annotated[int, "draw among the k likeliest; 0 for all"] = 50
    top_p: Annotated[float, "draw among the likeliest that make up this share; 1 for all"] = 1.0
    repetition_penalty: Annotated[float, "above 1 makes tokens already there less likely"] = 1.0
    seed: Annotated[int, "draws the text; the same seed, the same text"] = 1
    samples: Annotated[int, "texts to write at once"] = 1
    stop: Annotated[bool, "stop at the end-of-text token"] = True
    choices: Annotated[int, "choices to show for each token, where they are shown"] = 5
    device: Annotated[str, "auto, cpu, cuda or mps"] = "auto"
    precision: Annotated[str, "float32, bfloat16 or int8 (on a CPU: a quarter of the bytes to read)"] = "float32"
    graph: Annotated[bool, "on a CUDA device, capture the step once and replay it"] = True
    step: Annotated[int, "the checkpoint of this step; -1 for the newest"] = -1


PRESETS: dict[str, dict[str, Any]] = {
    "nano": {"n_layer": 6, "n_head": 4, "n_embd": 256, "block_size": 256, "vocab_size": 4096, "dropout": 0.0,
             "optimizer": "muon", "lr": 3e-3,
             "max_steps": 600, "tokens_per_step": 4096, "eval_every": 100, "save_every": 100,
             "sample_every": 100, "eval_tokens": 1 << 17},
    "124M": {"n_layer": 12, "n_head": 12, "n_embd": 768, "lr": 6e-4},
    "350M": {"n_layer": 24, "n_head": 16, "n_embd": 1024, "lr": 3e-4},
    "774M": {"n_layer": 36, "n_head": 20, "n_embd": 1280, "lr": 2.5e-4},
    "1558M": {"n_layer": 48, "n_head": 25, "n_embd": 1600, "lr": 2e-4},
}  # fmt: skip

# What every preset but nano starts from. The batch is GPT-2's half a million tokens where there is a
# GPU; on a CPU that would be most of an hour a step, so it is reduced, and the log says so.
LARGE: dict[str, Any] = {
    "block_size": 1024, "vocab_size": 50257, "dropout": 0.0, "max_steps": 19073, "eval_every": 250,
    "save_every": 1000, "sample_every": 500, "eval_tokens": 1 << 20,
}  # fmt: skip
ON_CPU: dict[str, Any] = {"tokens_per_step": 4096, "max_steps": 200, "eval_every": 20, "save_every": 20,
                          "sample_every": 20, "eval_tokens": 4096}  # fmt: skip
CHOICES = {
    "preset": ("auto", *PRESETS),
    "tokenizer": ("auto", "gpt2", "trained"),
    "optimizer": ("auto", "adamw", "muon"),
    "dtype": ("auto", "float32", "bfloat16"),
    "shard": ("auto", "ddp", "fsdp"),
    "compile": ("auto", "true", "false"),
}
PRECISIONS = ("float32", "bfloat16", "int8")
POSITIVE = ("lr", "max_steps", "tokens_per_step", "micro_batch", "vocab_size", "n_layer", "n_head", "n_embd",
            "block_size", "weight_decay", "clip", "threads", "eval_every", "eval_tokens", "save_every", "min_lr",
            "seed", "price")  # fmt: skip


def fields(kind: type = Training) -> list[tuple[str, type, Any, str]]:
    """List the options as (name, type, default, help), for forms and help pages."""
    hints = get_type_hints(kind, include_extras=True)
    return [
        (field.name, *get_args(hints[field.name])[:1], field.default, get_args(hints[field.name])[1])
        for field in dataclasses.fields(kind)
    ]


def nearest(word: str, words: list[str] | tuple[str, ...]) -> str:
    """Return a hint at the nearest of `words`, or a list of them."""
    lower = {known.lower(): known for known in words}
    close = difflib.get_close_matches(word.lower(), list(lower), n=1, cutoff=0.5)
    return f"did you mean {lower[close[0]]}?" if close else f"one of {', '.join(words)}"


def value(name: str, text: str, kind: type) -> Any:
    """Read one option's value. Raises ValueError with a sentence for the reader."""
    try:
        if kind is bool:
            return {"true": True, "yes": True, "1": True, "on": True,
                    "false": False, "no": False, "0": False, "off": False}[text.lower()]  # fmt: skip
        if kind is int:
            return int(text.replace("_", "")) if "e" not in text.lower() else int(float(text))
        if kind is float:
            number = float(text)
            if number != number or number in (float("inf"), float("-inf")):
                raise ValueError
            return number
    except (ValueError, KeyError, OverflowError):
        wanted = {bool: "true or false", int: "a whole number", float: "a number"}[kind]
        raise ValueError(f"{name}={text}: expected {wanted}") from None
    return text


def words(text: list[str], kind: type) -> dict[str, Any]:
    """Read NAME=VALUE words for the dataclass `kind`. Raises ValueError naming the nearest option."""
    kinds = {name: of for name, of, _, _ in fields(kind)}
    read: dict[str, Any] = {}
    for word in text:
        name, equals, rest = word.partition("=")
        name = name.strip().lstrip("-").replace("-", "_")
        if not equals:
            raise ValueError(f"{word!r}: options are written NAME=VALUE, such as max_steps=20")
        if name not in kinds:
            raise ValueError(f"there is no option {name!r}: {nearest(name, list(kinds))}")
        read[name] = value(name, rest.strip(), kinds[name])
    return read


def parse(text: list[str], base: Training | None = None) -> Training:
    """Read NAME=VALUE words into options, on top of `base`. Raises ValueError naming what is near."""
    return check(dataclasses.replace(base or Training(), **words(text, Training)))


def check(training: Training) -> Training:
    """Return the options as they are, or raise ValueError for the first that cannot be."""
    for name, allowed in CHOICES.items():
        given = getattr(training, name)
        if given not in allowed:
            raise ValueError(f"{name}={given}: {nearest(given, allowed)}")
    for name in POSITIVE:
        if getattr(training, name) < 0:
            raise ValueError(f"{name}={getattr(training, name)}: it cannot be negative")
    if not (0 <= training.beta1 < 1 and 0 <= training.beta2 < 1):
        raise ValueError("beta1 and beta2 lie between 0 and 1, 1 excluded")
    if training.threads > 1024:
        raise ValueError(f"threads={training.threads}: at most 1024")
    if training.dropout >= 1:
        raise ValueError(f"dropout={training.dropout}: a share below 1")
    if training.vocab_size and not 257 <= training.vocab_size <= 65536:
        raise ValueError(f"vocab_size={training.vocab_size}: from 257 (all bytes) to 65536 (two bytes an id)")
    if training.n_head and training.n_embd and training.n_embd % training.n_head:
        raise ValueError(f"n_embd={training.n_embd} must be a multiple of n_head={training.n_head}")
    return training


def sampling(text: list[str]) -> Sampling:
    """Read NAME=VALUE words into the options of sampling. Raises ValueError for the first that cannot be."""
    options = dataclasses.replace(Sampling(), **words(text, Sampling))
    for name, low, high in (
        ("tokens", 0, 1 << 30), ("temperature", 0, 1e6), ("top_k", 0, 1 << 30), ("top_p", 0, 1),
        ("repetition_penalty", 1e-3, 1e3), ("samples", 1, 4096), ("choices", 1, 50), ("step", -1, 1 << 62),
        ("seed", -(1 << 63), 1 << 63),
    ):  # fmt: skip
        if not low <= getattr(options, name) <= high:
            raise ValueError(f"{name}={getattr(options, name)}: from {low:g} to {high:g}")
    if options.top_p == 0:
        raise ValueError("top_p=0 leaves nothing to draw from; temperature=0 takes the likeliest token")
    if options.precision not in PRECISIONS:
        raise ValueError(f"precision={options.precision}: {nearest(options.precision, PRECISIONS)}")
    return options


def settle(training: Training, device: str, ranks: int = 1) -> Training:
    """Fill in all that was left to preset and device ("cpu", "cuda" or "mps"), for so many ranks.

    A step has as many tokens on every number of ranks: they share them. Raises ValueError where the
    sizes do not fit together.
    """
    preset = training.preset if training.preset != "auto" else ("nano" if device == "cpu" else "124M")
    chosen: dict[str, Any] = {**PRESETS[preset]}
    if preset != "nano":
        chosen = {**LARGE, "tokens_per_step": 524288, **(ON_CPU if device == "cpu" else {}), **chosen}
    chosen.setdefault("optimizer", "adamw")
    for name, default in ((field.name, field.default) for field in dataclasses.fields(Training)):
        if name in chosen and (given := getattr(training, name)) != default:
            chosen[name] = given
    full = dataclasses.replace(training, preset=preset, **chosen)
    if full.n_embd % full.n_head:
        raise ValueError(f"n_embd={full.n_embd} must be a multiple of n_head={full.n_head}")
    windows = max(1, full.tokens_per_step // full.block_size)
    if full.tokens_per_step % full.block_size:
        raise ValueError(
            f"tokens_per_step={full.tokens_per_step} must be a multiple of block_size={full.block_size}: "
            f"the nearest is {max(1, round(full.tokens_per_step / full.block_size)) * full.block_size}"
        )
    if windows % ranks:
        raise ValueError(
            f"tokens_per_step={full.tokens_per_step} is {windows} windows, which {ranks} ranks cannot share evenly: "
            f"the next number is {-(-windows // ranks) * ranks * full.block_size}"
        )
    share = windows // ranks
    micro = full.micro_batch or most(share, {"cpu": 4096, "mps": 8192}.get(device, 65536) // full.block_size)
    if share % micro:
        if ranks == 1:
            raise ValueError(
                f"micro_batch={micro} must divide the {windows} windows of a step: {most(windows, micro)} does"
            )
        micro = most(share, micro)
    warmup = full.warmup_steps if full.warmup_steps >= 0 else max(1, full.max_steps // 20)
    shard = full.shard if full.shard != "auto" else "ddp"
    if shard == "fsdp" and full.optimizer == "muon":
        raise ValueError("optimizer=muon needs whole matrices; with shard=fsdp take optimizer=adamw")
    return dataclasses.replace(full, micro_batch=micro, warmup_steps=min(warmup, full.max_steps), shard=shard)


def most(windows: int, limit: int) -> int:
    """Return the largest divisor of `windows` that is at most `limit` (and at least 1)."""
    return max(d for d in range(1, max(1, min(windows, limit)) + 1) if windows % d == 0)


def model_of(training: Training, vocab_size: int) -> Model:
    """Return the model's shape for settled options and a tokenizer of `vocab_size` ids."""
    return Model(
        training.n_layer, training.n_head, training.n_embd, training.block_size, vocab_size, training.dropout
    )  # fmt: skip


def save(path: Path, training: Training, model: Model | None = None) -> None:
    """Write a run's config.json, whole or not at all."""
    content: dict[str, Any] = {"version": 1, "training": dataclasses.asdict(training)}
    if model is not None:
        content["model"] = dataclasses.asdict(model)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)


def load(path: Path) -> tuple[Training, Model | None]:
    """Read a run's config.json. Raises ValueError where it is missing or damaged."""
    try:
        content = json.loads(path.read_text("utf-8"))
        if (version := content.get("version", 1)) != 1:
            raise ValueError(f"it is of version {version}, and this Gradatim reads version 1")
        known = [field.name for field in dataclasses.fields(Training)]
        if strange := next((name for name in content["training"] if name not in known), None):
            raise ValueError(f"there is no option {strange!r}: {nearest(strange, known)}")
        values = content["training"]
        if isinstance(values.get("compile"), bool):  # as runs of version 0.1 have it
            values["compile"] = str(values["compile"]).lower()
        training = check(Training(**values))
        return training, Model(**content["model"]) if "model" in content else None
    except FileNotFoundError:
        raise ValueError(f"{path.parent}: there is no run here (no {path.name})") from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{path}: not a readable configuration ({error})") from None
