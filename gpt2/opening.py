"""How a run begins: the record that its log starts with, and what the reader should know first."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import torch

from gpt2 import data, forecast
from gpt2.config import Model, Training
from gpt2.vocabulary import MARK

if TYPE_CHECKING:
    from gpt2.trainer import Trainer


def record_of(made: forecast.Forecast, options: Training, shape: Model, prepared: data.Prepared) -> dict[str, Any]:
    """Return the record that a run's log starts with: what is trained, on what, and what to expect."""
    own = "BPE that yours has learned" if prepared.encoding.name.startswith(MARK) else "BPE trained on this data"
    kind = "GPT-2's own BPE" if prepared.encoding.name == "gpt2" else own
    unigram, bigram = data.baselines(prepared)
    return {
        "event": "start",
        "version": 1,
        "config": asdict(options),
        "model": asdict(shape),
        "device": made.device,
        "dtype": options.dtype,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "parameters": shape.parameters,
        "tokenizer": f"{kind}, {prepared.encoding.n_vocab} ids",
        "tokens_per_step": options.tokens_per_step,
        "train_tokens": len(prepared.train),
        "val_tokens": len(prepared.val),
        "forecast": forecast.as_record(made),
        "expected_first_loss": round(made.first_loss, 4),
        "unigram_loss": round(unigram, 4),
        "bigram_loss": round(bigram, 4),
    }


def begin(trainer: Trainer, notes: list[str], how: str) -> None:
    """Write the record that a run's log starts with, and say what the reader should know first."""
    made = forecast.forecast(trainer.shape, trainer.options, trainer.place)
    trainer.peak = made.matmul_flops
    torch.manual_seed(trainer.options.seed)  # the forecast's trial steps drew numbers
    record = record_of(made, trainer.options, trainer.shape, trainer.prepared)
    more = {"parts": trainer.parts.owners, "pretrained": how == "pretrained", "data": data.facts(trainer.prepared)}
    trainer.log.append(record | more)
    trainer.say(data.describe(trainer.prepared))
    for note in notes:
        trainer.note(note)
    for slot, reason in trainer.parts.reasons.items():
        trainer.note(f"your {slot} is not used: {reason}; ours takes its place")
    trainer.say(
        f"{made.parameters:,} parameters on {made.device}, {record['tokenizer']}, "
        f"{record['train_tokens']:,} training tokens; about {forecast.span(made.seconds)}\n"
        f"to beat: unigram loss {record['unigram_loss']:.3f}, bigram loss {record['bigram_loss']:.3f}; "
        f"first loss about {made.first_loss:.3f}"
    )
