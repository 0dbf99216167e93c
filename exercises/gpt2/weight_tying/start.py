"""A GPT-2 whose head is tied to the table. At birth it is; then somebody initializes, moves or loads it."""

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
    """GPT-2 with one Parameter for wte and lm_head, whatever is done to the model.

    config: an object with n_embd, n_head, n_layer, block_size, vocab_size

    `model.transformer.wte.weight is model.lm_head.weight` holds after each of these, called on the model or on a
    module that contains it, once or several times, in any order:
        GPT(config)
        apply(fn), with an fn that puts new Parameters in the place of those that a module owns
        load_state_dict(state) and load_state_dict(state, assign=True)
        to_empty(device=…), also from the meta device
        to(torch.float64), to("meta"), copy.deepcopy(model)
    A copy shares nothing with the original. The state_dict has both keys, transformer.wte.weight and lm_head.weight;
    where a loaded one has two different values, that of wte is taken, and the caller's state is not changed.
    `parameters()` yields the matrix once, and its gradient is the sum from both uses.
    """

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
        # TODO: from outside, this is what is wrong: after apply, to_empty from meta, or load_state_dict(assign=True)
        # there are two Parameters; and of two different values in a state, the head's wins.
        self.lm_head.weight = self.transformer.wte.weight

    def forward(
        self, idx: torch.Tensor, targets: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Logits for the token after each position, and their mean loss. (Right: it can stay as it is.)

        idx: [B, T] int64, T ≤ block_size, on the model's device
        targets: [B, T] int64, −100 counts for nothing; or None
        returns: logits [B, T, V], and the loss, a 0-d tensor, or None without targets
        """
        positions = torch.arange(idx.shape[1], device=idx.device)
        x = self.transformer.wte(idx) + self.transformer.wpe(positions)
        for block in self.transformer.h:
            x = block(x)
        logits = self.lm_head(self.transformer.ln_f(x))
        if targets is None:
            return logits, None
        return logits, F.cross_entropy(logits.flatten(0, 1), targets.flatten())
