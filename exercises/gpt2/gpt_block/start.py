"""A block of GPT-2: the two parts, and how they hang on the stream."""

import torch
import torch.nn.functional as F
from torch import nn


class CausalSelfAttention(nn.Module):
    """Where positions meet: [B, T, C] → [B, T, C]. (Complete; put your own in its place if you like.)"""

    def __init__(self, config, layer_idx: int = 0):
        super().__init__()
        self.n_head = config.n_head
        self.c_attn = nn.Linear(config.n_embd, 3 * config.n_embd)
        self.c_proj = nn.Linear(config.n_embd, config.n_embd)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        q, k, v = self.c_attn(x).view(B, T, 3, self.n_head, -1).permute(2, 0, 3, 1, 4)  # each (B, n, T, h)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.c_proj(y.transpose(1, 2).reshape(B, T, C))


class MLP(nn.Module):
    """Each position alone: [B, T, C] → [B, T, C]. (Complete; put your own in its place if you like.)"""

    def __init__(self, config, layer_idx: int = 0):
        super().__init__()
        self.c_fc = nn.Linear(config.n_embd, 4 * config.n_embd)
        self.c_proj = nn.Linear(4 * config.n_embd, config.n_embd)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


class Block(nn.Module):
    """Attention, then the MLP; each reads the stream through a norm of its own, and adds what it found to the stream.

    config: an object with n_embd, n_head, n_layer, block_size, vocab_size
    layer_idx: the number of the block, 0 … n_layer − 1. You may hand it on to the parts: lesson 27
        needs it there, nothing here does

    Submodules: ln_1 and ln_2, each an nn.LayerNorm over C = n_embd numbers (eps 1e-5); attn, a CausalSelfAttention;
    mlp, an MLP. The state_dict has twelve keys, such as ln_1.weight and attn.c_attn.bias.
    """

    def __init__(self, config, layer_idx: int = 0):
        super().__init__()
        raise NotImplementedError  # TODO: four submodules

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Pre-norm, as in GPT-2: the stream goes through untouched, except for what is added to it.

        x: [B, T, C], float32 or float64; not changed
        returns: [B, T, C], same dtype

        Example: with attn.c_proj and mlp.c_proj all zeros, weights and biases, the output is x.
        """
        raise NotImplementedError  # TODO: two lines
