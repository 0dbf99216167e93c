"""A block of Llama 2: the norm, the gated MLP, and how they hang together."""

import torch
import torch.nn.functional as F
from torch import nn


def apply_rope(x: torch.Tensor, pos: torch.Tensor, base: float = 10_000.0) -> torch.Tensor:
    """Rotary positions: x [B, H, T, d], pos [T] → [B, H, T, d]. (Complete; put your own in its place if you like.)"""
    d = x.shape[-1]
    angle = pos[:, None] * base ** (-torch.arange(0, d, 2, device=x.device) / d)
    cos, sin = angle.cos(), angle.sin()
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1).to(x.dtype)


class Attention(nn.Module):
    """Grouped-query attention, causal, with queries and keys turned by apply_rope at positions 0 … T − 1.

    cfg: as for LlamaBlock. q_proj and o_proj map dim to dim, k_proj and v_proj map dim to n_kv_head heads of
    dim / n_head numbers; no biases. Neighboring queries share a key head. (Only LlamaBlock uses it; you may write it
    in another way, as long as the names of the weights are these.)
    """

    def __init__(self, cfg):
        super().__init__()
        raise NotImplementedError  # TODO: as in grouped-query attention

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: [B, T, dim]. Returns the same."""
        raise NotImplementedError  # TODO: the same, with two turns in it


class RMSNorm(nn.Module):
    """y = x / √(mean of x² + eps) · weight, over the last dimension: LayerNorm without a mean and without a shift.

    weight: [D], starts at ones; it is the only parameter

    torch's norm layers are out of bounds here.
    """

    def __init__(self, D: int, eps: float = 1e-5):
        super().__init__()
        raise NotImplementedError  # TODO

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: […, D], float32, float64 or bfloat16; not changed. Returns the same shape and dtype.

        bfloat16: turn x to float32 first, normalize there, and round the result once. (The weight may come before or
        after the rounding.)

        Example: with a new RMSNorm(2, eps=0), [1., 7.] gives [0.2, 1.4].
        """
        raise NotImplementedError  # TODO


class SwiGLU(nn.Module):
    """down_proj(silu(gate_proj(x)) · up_proj(x)): one layer says what, another says how much of it.

    gate_proj and up_proj: nn.Linear from D to hidden; down_proj: from hidden to D; no biases
    """

    def __init__(self, D: int, hidden: int):
        super().__init__()
        raise NotImplementedError  # TODO

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: […, D]. Returns the same."""
        raise NotImplementedError  # TODO


class LlamaBlock(nn.Module):
    """GPT-2's block with new parts: attention, then the MLP; each reads the stream through a norm, and adds to it.

    cfg: an object with dim, n_head, n_kv_head, hidden (of the MLP), eps (of the norms), rope_base

    Submodules: input_layernorm and post_attention_layernorm, each an RMSNorm; self_attn, an Attention; mlp, a SwiGLU.
    The state_dict has nine keys, such as self_attn.q_proj.weight and mlp.gate_proj.weight.
    """

    def __init__(self, cfg):
        super().__init__()
        raise NotImplementedError  # TODO: four submodules

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: [B, T, dim]; not changed. Returns the same shape and dtype. What is made on the way is made where x is."""
        raise NotImplementedError  # TODO: two lines
