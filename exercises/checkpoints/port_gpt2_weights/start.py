"""From the released weights of GPT-2, as transformers stores them, to a model of your own."""

import torch
import torch.nn.functional as F
from torch import nn


class CausalSelfAttention(nn.Module):
    """Where positions meet: [B, T, C] → [B, T, C]."""

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
    """Each position alone: [B, T, C] → [B, T, C]."""

    def __init__(self, config, layer_idx: int = 0):
        super().__init__()
        self.c_fc = nn.Linear(config.n_embd, 4 * config.n_embd)
        self.c_proj = nn.Linear(4 * config.n_embd, config.n_embd)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


class Block(nn.Module):
    """Pre-norm block: both parts add to the stream."""

    def __init__(self, config, layer_idx: int = 0):
        super().__init__()
        self.ln_1 = nn.LayerNorm(config.n_embd)
        self.attn = CausalSelfAttention(config, layer_idx)
        self.ln_2 = nn.LayerNorm(config.n_embd)
        self.mlp = MLP(config, layer_idx)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    """GPT-2, as lesson 20 built it. (Complete; put your own in its place if you like.)"""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(config.vocab_size, config.n_embd),
                "wpe": nn.Embedding(config.block_size, config.n_embd),
                "h": nn.ModuleList(Block(config, i) for i in range(config.n_layer)),
                "ln_f": nn.LayerNorm(config.n_embd),
            }
        )
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        self.lm_head.weight = self.transformer.wte.weight

    def forward(
        self, idx: torch.Tensor, targets: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """idx [B, T] int64 → logits [B, T, V], and the loss or None."""
        positions = torch.arange(idx.shape[1], device=idx.device)
        x = self.transformer.wte(idx) + self.transformer.wpe(positions)
        for block in self.transformer.h:
            x = block(x)
        logits = self.lm_head(self.transformer.ln_f(x))
        if targets is None:
            return logits, None
        return logits, F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def from_hf(sd: dict[str, torch.Tensor], config) -> GPT:
    """A GPT with the weights of a transformers checkpoint.

    sd: names and tensors as in GPT2LMHeadModel's state_dict, in any order. Not changed.
            wte.weight [V, C]     wpe.weight [block_size, C]     ln_f.weight, ln_f.bias [C]
        and for each block i, after "h.{i}.":
            ln_1.weight, ln_1.bias, ln_2.weight, ln_2.bias [C]
            attn.c_attn.weight [C, 3C], .bias [3C]     attn.c_proj.weight [C, C], .bias [C]
            mlp.c_fc.weight    [C, 4C], .bias [4C]     mlp.c_proj.weight  [4C, C], .bias [C]
        These four layers are of transformers' class Conv1D, which computes x @ weight + bias: in rows, out columns.
        There may be more: all of these names may begin with "transformer."; "lm_head.weight" may be there, with the
        values of wte.weight; "h.{i}.attn.bias" and "h.{i}.attn.masked_bias" may be there too, old causal masks, which
        are no weights
    config: n_layer, n_head, n_embd, vocab_size, block_size, those of the checkpoint
    returns: GPT(config) that computes what the checkpoint's model computes. Its weights lie in memory of its own; head
        and table are one Parameter
    raises: an exception, of any kind, where a weight of the model is not in sd

    Example: h.0.mlp.c_fc.weight of [768, 3072] becomes transformer.h.0.mlp.c_fc.weight of [3072, 768].
    """
    raise NotImplementedError  # TODO
