"""Weights as bytes: a scale for each output, a quarter of float32's memory to read, and what it costs in accuracy."""

from __future__ import annotations

import contextlib
import time
import warnings
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gpt2.model import GPT

Product = Callable[[Tensor], Tensor]


def rounded(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Round a weight (O, I) to whole numbers of its row's step: (O, I) int8 and the steps (O,), float32.

    Symmetric, the largest of a row at 127: "absmax", as lesson 28 has it.
    """
    scale = weight.float().abs().amax(1).clamp(min=torch.finfo(torch.float32).tiny) / 127
    return (weight.float() / scale[:, None]).round().to(torch.int8), scale


# --- the products, of which the fastest here is taken ----------------------------------------------
#
# Each takes q (O, I) int8, scale (O,), bias (O,) or None, and returns a function from (N, I) to (N, O), float32.


def packed(q: Tensor, scale: Tensor, bias: Tensor | None) -> Product:
    """FBGEMM's (x86) or QNNPACK's (ARM): the input, too, is rounded to 8 bits, by one scale for all its rows.

    Weights are packed once, in the order in which the instructions want them.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch means to retire this dtype; then the next one is taken
        zeros = torch.zeros(len(scale), dtype=torch.long)
        weight = torch._make_per_channel_quantized_tensor(q, scale.double(), zeros, 0)
        held = torch.ops.quantized.linear_prepack(weight, bias)
    # Without VNNI, sums of two products are kept in 16 bits; 7 bits of input leave them room.
    able = getattr(torch.cpu, "_is_vnni_supported", lambda: True)()
    return lambda x: torch.ops.quantized.linear_dynamic(x, held, reduce_range=not able)


def weight_only(q: Tensor, scale: Tensor, bias: Tensor | None) -> Product:
    """Torch's own for weights alone: the input is read as bfloat16."""
    scale = scale.to(torch.bfloat16)

    def product(x: Tensor) -> Tensor:
        y = torch._weight_int8pack_mm(x.to(torch.bfloat16), q, scale).float()
        return y if bias is None else y + bias

    return product


def by_hand(q: Tensor, scale: Tensor, bias: Tensor | None) -> Product:
    """What lesson 28 does, on `torch._int_mm`: a scale for each row of the input, whole numbers multiplied."""
    turned = q.T

    def product(x: Tensor) -> Tensor:
        step = x.abs().amax(1, keepdim=True).clamp(min=torch.finfo(torch.float32).tiny) / 127  # (N, 1)
        y = torch._int_mm((x / step).round().to(torch.int8), turned) * (step * scale)
        return y if bias is None else y + bias

    return product


PRODUCTS = {"packed": packed, "weight only": weight_only, "by hand": by_hand}


def fastest(n_in: int, n_out: int) -> str:
    """Time the products on one row of `n_in` numbers, and name the fastest that works here. Raises ValueError."""
    generator = torch.Generator().manual_seed(0)
    weight, x = torch.randn(n_out, n_in, generator=generator), torch.randn(1, n_in, generator=generator)
    want, found = F.linear(x, weight), dict[str, float]()
    for name, make in PRODUCTS.items():
        with contextlib.suppress(RuntimeError, AttributeError):  # not in this torch, or not for this processor
            product = make(*rounded(weight), None)
            if float((product(x) - want).norm() / want.norm()) < 0.05:
                found[name] = min(timed(product, x) for _ in range(20))
    if not found:
        raise ValueError("precision=int8: torch has no product of bytes for this processor; float32 works everywhere")
    return min(found, key=found.__getitem__)


def timed(product: Product, x: Tensor) -> float:
    """Return the seconds of one product."""
    begun = time.perf_counter()
    product(x)
    return time.perf_counter() - begun


# --- the model -------------------------------------------------------------------------------------


class Int8Linear(nn.Module):
    """A linear layer of bytes."""

    def __init__(self, weight: Tensor, bias: Tensor | None, product: str) -> None:
        """Round a weight (O, I) and hold it as the product by that name wants it."""
        super().__init__()
        q, scale = rounded(weight.detach())
        self.product = PRODUCTS[product](q, scale, None if bias is None else bias.detach().float())

    def forward(self, x: Tensor) -> Tensor:
        """(…, I) to (…, O)."""
        y = self.product(x.flatten(0, -2))
        return y.view(*x.shape[:-1], y.shape[-1])


class Int8GPT(GPT):
    """A GPT for writing, on a CPU: its products read bytes, head included; all else is float32, as it was."""

    def __init__(self, model: GPT) -> None:
        """Round what `model` multiplies with. Raises ValueError where no product of bytes works here."""
        with torch.device("meta"):
            super().__init__(model.config)
        self.load_state_dict(model.state_dict(), assign=True)  # shared, not copied; what is rounded is let go of below
        self.how = fastest(model.config.n_embd, 4 * model.config.n_embd)
        for block in self.transformer.h:
            for part, names in ((block.attn, ("c_attn", "c_proj")), (block.mlp, ("c_fc", "c_proj"))):
                for name in names:
                    linear = getattr(part, name)
                    setattr(part, name, Int8Linear(linear.weight, linear.bias, self.how))
        self.head = Int8Linear(self.lm_head.weight, model.padding, self.how)  # padding: -1e9 where there is no token
        self.eval()

    def logits(self, x: Tensor) -> Tensor:
        """(…, C) to (…, padded V); a padding id's logit is -1e9."""
        y: Tensor = self.head(x)
        return y


@torch.inference_mode()
def error(exact: GPT, rough: GPT, ids: list[int]) -> tuple[float, float]:
    """Return how far `rough` is off on a text: ‖difference‖/‖logits‖, and the share of equal likeliest tokens.

    The logits are compared less their mean, which no softmax sees.
    """
    idx = torch.tensor([ids[: exact.config.block_size]], device=next(exact.parameters()).device)
    a, b = exact(idx)[0].float(), rough(idx)[0].float()  # (T, V)
    a, b = a - a.mean(-1, keepdim=True), b - b.mean(-1, keepdim=True)
    same = (a.argmax(-1) == b.argmax(-1)).float().mean()
    return float((a - b).norm() / a.norm()), float(same)
