"""The model: two tables, the blocks, a last norm, and a head that is the first table again."""

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
    """Pre-norm block: both parts add to the stream. (Complete; put your own in its place if you like.)"""

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
    """GPT-2.

    config: an object with n_embd, n_head, n_layer, block_size, vocab_size; kept as self.config

    Submodules, so that the released weights will fit by name:
        transformer         an nn.ModuleDict, or a module of yours, with
            wte             nn.Embedding [V, C], V = vocab_size, C = n_embd
            wpe             nn.Embedding [block_size, C]
            h               nn.ModuleList of n_layer blocks, each of its own
            ln_f            nn.LayerNorm over C
        lm_head             nn.Linear C → V without bias, whose weight is wte's: one Parameter under two names
    For 12 layers the state_dict has 149 keys.
    """

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.transformer = nn.ModuleDict(dict(
            wte=nn.Embedding(config.vocab_size, config.n_embd),
            wpe=nn.Embedding(config.block_size, config.n_embd),
            h=nn.ModuleList([Block(config, i) for i in range(config.n_layer)]),
            ln_f=nn.LayerNorm(config.n_embd),
        ))
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        self.lm_head.weight = self.transformer.wte.weight

    def forward(
        self, idx: torch.Tensor, targets: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Logits for the token that follows each position, and their loss.

        idx: [B, T] int64 token ids, 1 ≤ T ≤ block_size, on any device (new tensors go to the same); not changed
        targets: [B, T] int64, or None: what really follows position t of idx stands at position t here (whoever made
            the batch has shifted already); where it is −100 nothing is asked
        returns: logits [B, T, V], always for all positions; and the mean cross entropy in nats over all positions
            that are asked, a 0-d tensor; None without targets
        raises: an exception, of any kind, when T > block_size

        Example: GPT(config)(idx) gives (logits, None); with targets that are all −100 but one, the loss is that one's.
        """
        B, T = idx.shape
        assert T <= self.config.block_size, f"{T} tokens, but block_size is {self.config.block_size}"
        pos = torch.arange(T, device=idx.device)
        emb = self.transformer.wte(idx) + self.transformer.wpe(pos)
        for block in self.transformer.h:
            x = block(emb)
        x = self.transformer.ln_f(x)
        logits = self.lm_head(x)
        loss = None
        if targets is not None:
            loss = F.cross_entropy(logits.view(-1, logits.size(-1)), targets.reshape(-1), ignore_index=-100)
        return logits, loss
