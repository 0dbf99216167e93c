"""The places in a GPT-2, from device to sampler, that a learner's own code can take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Slot:
    """One such place."""

    entry: tuple[str, ...]  # what the learner's file defines
    does: str
    stays: str = ""  # why `gpt2.train` keeps ours; empty: it takes the learner's. `mygpt` takes them all

    @property
    def trains(self) -> bool:
        """Whether a run can be built from the learner's."""
        return not self.stays


SLOTS: dict[str, Slot] = {
    "device": Slot(("pick_device", "move"), "chooses the device and moves batches there",
                   "a run has one device from its first step on, which its options name"),
    "tokenizer": Slot(("RegexBPE",), "turns text into ids and back"),
    "shards": Slot(("write_shards",), "writes documents as shards of tokens",
                   "a run only reads shards; data=FOLDER trains on those that yours wrote"),
    "loader": Slot(("DataLoaderLite",), "cuts the tokens into batches"),
    "attention": Slot(("CausalSelfAttention",), "lets each token look back"),
    "mlp": Slot(("MLP",), "thinks about each token alone"),
    "block": Slot(("Block",), "adds both to the residual stream"),
    "gpt": Slot(("GPT",), "puts tables, blocks and head together"),
    "init": Slot(("init_weights_",), "draws the first weights"),
    "groups": Slot(("configure_optimizers",), "says which weights decay"),
    "clip": Slot(("clip_",), "shortens a gradient that is too long"),
    "schedule": Slot(("lr_at",), "leads the learning rate"),
    "step": Slot(("accum_step",), "accumulates micro-batches into one step",
                 "it moves the weights before a run can see that the loss is no number, or that it was told to stop"),
    "evaluate": Slot(("evaluate",), "measures the validation loss",
                     "it wants a row of logits for each target, and a run measures without holding them all"),
    "score": Slot(("score",), "picks the likeliest ending",
                  "no ending is scored while a model trains; `gradatim eval --hellaswag` does that afterwards"),
    "filters": Slot(("top_k", "top_p", "repetition_penalty"), "says which tokens may be drawn"),
    "sampler": Slot(("generate",), "writes, token by token"),
    "checkpoint": Slot(("save", "load"), "keeps a run and brings it back",
                       "torch.save pickles; a run's folder holds safetensors, which run no code and which others open"),
    "port": Slot(("from_hf",), "takes over GPT-2's released weights",
                 "it fills a GPT of its own file; `gradatim model import` fills a run's"),
}  # fmt: skip
