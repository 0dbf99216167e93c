"""transformers' own Trainer as a contestant: its loop runs in a thread and is let through one step at a time.

It needs accelerate, which nothing here depends on: `pip install accelerate`, or there is no row.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import tempfile
import threading
from collections.abc import Callable
from queue import Queue
from typing import Any

import torch
from contestants import Contestant, Setting, batches, hf_gpt2
from torch import Tensor
from torch.utils.data import Dataset

ENDLESS = 1_000_000  # steps, more than anybody waits for


def available() -> bool:
    """Whether transformers' Trainer can run here."""
    return importlib.util.find_spec("accelerate") is not None


class Windows(Dataset[dict[str, Tensor]]):
    """The random tokens of all contestants, again and again."""

    def __init__(self, setting: Setting) -> None:
        self.rows = torch.cat([x.cpu() for x, _ in batches(setting)])  # (windows, T)

    def __len__(self) -> int:
        return len(self.rows) * ENDLESS

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        row = self.rows[index % len(self.rows)]
        return {"input_ids": row, "labels": row}


def hf_trainer(setting: Setting, tuned: bool) -> Contestant:
    """GPT2LMHeadModel under Trainer with its defaults; tuned: bfloat16, compiled, no dropout, several workers."""
    from transformers import Trainer, TrainerCallback, TrainingArguments

    kind = setting.device.type
    torch.manual_seed(1)
    model = hf_gpt2(setting.shape, dropout=not tuned)
    go: Queue[bool] = Queue()
    done: Queue[float | BaseException] = Queue()

    class Stepwise(TrainerCallback):  # type: ignore[misc]
        def on_step_begin(self, *_: Any, **__: Any) -> None:
            go.get()

        def on_step_end(self, *_: Any, **__: Any) -> None:
            done.put(float(trainer.loss))

    class Remembering(Trainer):  # type: ignore[misc]
        loss: Any = 0.0

        def training_step(self, *given: Any, **named: Any) -> Any:
            self.loss = super().training_step(*given, **named).detach()
            return self.loss

    where = tempfile.TemporaryDirectory()
    workers = min(4, os.cpu_count() or 1)
    faster = {"bf16": True, "torch_compile": kind == "cuda", "dataloader_num_workers": workers} if tuned else {}
    trainer = Remembering(
        model=model,
        args=TrainingArguments(
            output_dir=where.name, per_device_train_batch_size=setting.micro_batch, max_steps=ENDLESS,
            gradient_accumulation_steps=setting.pieces, learning_rate=6e-4, weight_decay=0.1, report_to=[],
            logging_strategy="no", save_strategy="no", disable_tqdm=True, use_cpu=kind == "cpu", **faster,
        ),
        train_dataset=Windows(setting), callbacks=[Stepwise()],
    )  # fmt: skip

    def run() -> None:
        with where, contextlib.suppress(SystemExit):
            try:
                trainer.train()
            except BaseException as error:
                done.put(error)

    threading.Thread(target=run, daemon=True).start()  # one of a process that ends with its measurement

    def step() -> float:
        go.put(True)
        found = done.get()
        if isinstance(found, BaseException):
            raise found
        return found

    return Contestant(f"transformers' Trainer, {'tuned' if tuned else 'defaults'}", step)


def rows(setting: Setting) -> list[Callable[[], Contestant]]:
    """Both rows, or none where accelerate is missing."""
    return [lambda: hf_trainer(setting, False), lambda: hf_trainer(setting, True)] if available() else []
