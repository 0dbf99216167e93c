"""The places in a GPT-2, from device to sampler, that a learner's own code can take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Slot:
    """One such place."""

    entry: tuple[str, ...]  # what the learner's file defines
    does: str
    trains: bool = False  # whether `gpt2.train` takes it in place of ours; `mygpt` takes them all


SLOTS: dict[str, Slot] = {
    "device": Slot(("pick_device", "move"), "chooses the device and moves batches there"),
    "tokenizer": Slot(("RegexBPE",), "turns text into ids and back"),
    "shards": Slot(("write_shards",), "writes documents as shards of tokens"),
    "loader": Slot(("DataLoaderLite",), "cuts the tokens into batches"),
    "attention": Slot(("CausalSelfAttention",), "lets each token look back", trains=True),
    "mlp": Slot(("MLP",), "thinks about each token alone", trains=True),
    "block": Slot(("Block",), "adds both to the residual stream", trains=True),
    "gpt": Slot(("GPT",), "puts tables, blocks and head together"),
    "init": Slot(("init_weights_",), "draws the first weights", trains=True),
    "groups": Slot(("configure_optimizers",), "says which weights decay", trains=True),
    "clip": Slot(("clip_",), "shortens a gradient that is too long", trains=True),
    "schedule": Slot(("lr_at",), "leads the learning rate", trains=True),
    "step": Slot(("accum_step",), "accumulates micro-batches into one step"),
    "evaluate": Slot(("evaluate",), "measures the validation loss"),
    "score": Slot(("score",), "picks the likeliest ending"),
    "filters": Slot(("top_k", "top_p", "repetition_penalty"), "says which tokens may be drawn", trains=True),
    "sampler": Slot(("generate",), "writes, token by token"),
    "checkpoint": Slot(("save", "load"), "keeps a run and brings it back"),
    "port": Slot(("from_hf",), "takes over GPT-2's released weights"),
}
