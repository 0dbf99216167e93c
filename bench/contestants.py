"""The training steps that are timed against each other: ours, transformers', and those of peers in your checkouts.

No peer's code is kept here. `--nanogpt DIR` and `--build-nanogpt DIR` name checkouts of theirs, of which only the
classes are taken; without one, its row is left out, and the output says so.
"""

from __future__ import annotations

import ast
import contextlib
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from gpt2 import config, optim
from gpt2.config import Model
from gpt2.model import GPT


@dataclass(frozen=True)
class Setting:
    """What all contestants share."""

    shape: Model
    device: torch.device
    micro_batch: int
    pieces: int = 1  # micro-batches in a step

    @property
    def tokens(self) -> int:
        """Tokens in a step."""
        return self.micro_batch * self.shape.block_size * self.pieces


@dataclass
class Contestant:
    """A way to train: one call of `step` is one optimizer step and returns its loss."""

    name: str
    step: Callable[[], float]
    note: str = ""


Builder = Callable[[Setting], Contestant]


def batches(setting: Setting) -> list[tuple[Tensor, Tensor]]:
    """Random tokens, never zeros: matmuls on zeros are faster than any real ones. The same for all contestants."""
    generator = torch.Generator().manual_seed(0)
    made = []
    for _ in range(setting.pieces):
        shape = (setting.micro_batch, setting.shape.block_size + 1)
        ids = torch.randint(1, setting.shape.vocab_size, shape, generator=generator).to(setting.device)
        made.append((ids[:, :-1].contiguous(), ids[:, 1:].contiguous()))
    return made


def loop(
    setting: Setting,
    loss_of: Callable[[Tensor, Tensor], Tensor],
    model: nn.Module,
    optimizer: Any,
    autocast: bool,
    clip: Callable[..., Any] = torch.nn.utils.clip_grad_norm_,
) -> Callable[[], float]:
    """The step that peers write: autocast or not, accumulate, clip, step."""
    given, kind = batches(setting), setting.device.type

    def step() -> float:
        total = torch.zeros((), device=setting.device)
        for x, y in given:
            with torch.autocast(kind, torch.bfloat16) if autocast else contextlib.nullcontext():
                loss = loss_of(x, y) / setting.pieces
            loss.backward()
            total += loss.detach()
        clip(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return float(total)

    return step


def ours(setting: Setting, dtype: str, compiled: str = "", loss: bool = False) -> Contestant:
    """Our model as `gpt2.train` runs it: float32 weights, casts in the layers, fused AdamW.

    `compiled` is the backend that compiles the blocks, none where it is empty; with `loss` that of the head, too.
    """
    torch.manual_seed(1)
    model = GPT(setting.shape).to(setting.device)
    model.compute_dtype = torch.bfloat16 if dtype == "bfloat16" else None
    if compiled:
        model.compile_blocks(loss, compiled)
    options = config.settle(config.parse(["preset=124M", "optimizer=adamw"]), setting.device.type)
    (optimizer,) = optim.optimizers(model, options)
    step = loop(setting, model, model, optimizer, autocast=False, clip=optim.clip_)
    what = f", compiled blocks{' and loss' if loss else ''}" if compiled else ""
    return Contestant(f"ours, {dtype}{what}", step)


def hf_gpt2(shape: Model, dropout: bool = True) -> Any:
    """transformers' GPT2LMHeadModel of this shape, newly drawn; with its default dropout or with none."""
    from transformers import GPT2Config, GPT2LMHeadModel

    none = {} if dropout else {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
    sizes = {"n_positions": shape.block_size, "n_embd": shape.n_embd, "n_layer": shape.n_layer, "n_head": shape.n_head}
    return GPT2LMHeadModel(GPT2Config(vocab_size=shape.vocab_size, bos_token_id=0, eos_token_id=0, **sizes, **none))


def transformers_model(setting: Setting, autocast: bool, compiled: bool = False, fused: bool = False) -> Contestant:
    """transformers' GPT2LMHeadModel with its defaults, in a plain loop; tuned: fused AdamW, no dropout, compiled."""
    torch.manual_seed(1)
    model = hf_gpt2(setting.shape, dropout=not fused).to(setting.device).train()
    run: Any = torch.compile(model) if compiled else model
    optimizer = torch.optim.AdamW(model.parameters(), lr=6e-4, betas=(0.9, 0.95), weight_decay=0.1, fused=fused)

    def loss_of(x: Tensor, y: Tensor) -> Tensor:
        logits = run(input_ids=x).logits
        return nn.functional.cross_entropy(logits.flatten(0, 1).float(), y.flatten())

    name = "transformers, " + ("tuned" if fused else "defaults") + (", autocast" if autocast else "")
    return Contestant(name, loop(setting, loss_of, model, optimizer, autocast))


def classes(path: Path) -> types.ModuleType:
    """Load the imports, classes and functions of a peer's script, and none of the code that trains when it is run."""
    tree = ast.parse(path.read_text("utf-8"))
    kept = (ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef)
    tree.body = [node for node in tree.body if isinstance(node, kept) and "hellaswag" not in ast.unparse(node)[:60]]
    module = types.ModuleType(f"peer_{path.parent.name.replace('-', '_')}")
    sys.modules[module.__name__] = module  # dataclasses look themselves up there
    exec(compile(tree, str(path), "exec"), module.__dict__)
    return module


def peer(setting: Setting, name: str, path: Path, autocast: bool, compiled: bool) -> Contestant:
    """A peer's own GPT and its own optimizer settings, from a checkout of theirs."""
    module, s = classes(path), setting.shape
    module.__dict__.setdefault("master_process", False)
    torch.manual_seed(1)
    known = module.GPTConfig.__dataclass_fields__
    sizes: dict[str, Any] = {"block_size": s.block_size, "vocab_size": s.vocab_size, "n_layer": s.n_layer,
                             "n_head": s.n_head, "n_embd": s.n_embd, "dropout": 0.0, "bias": True}  # fmt: skip
    model = module.GPT(module.GPTConfig(**{key: value for key, value in sizes.items() if key in known}))
    model.to(setting.device).train()
    kind = setting.device.type
    if "betas" in model.configure_optimizers.__code__.co_varnames[:5]:
        optimizer = model.configure_optimizers(0.1, 6e-4, (0.9, 0.95), kind)
    else:
        optimizer = model.configure_optimizers(weight_decay=0.1, learning_rate=6e-4, device_type=kind)
    run: Any = torch.compile(model) if compiled else model
    words = f"{name}, " + ("compiled" if compiled else "as shipped") + (", autocast" if autocast else "")
    return Contestant(words, loop(setting, lambda x, y: run(x, y)[1], model, optimizer, autocast))
