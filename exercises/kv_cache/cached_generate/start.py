"""A GPT-2 with a cache, and generate. Without the cache it is right; with it, the text is another one, and slower."""

import torch
import torch.nn.functional as F
from torch import nn


class KVCache:
    """Keys and values of the past, for every layer. (This class is right.)"""

    def __init__(self, n_layer: int):
        self.held: list[tuple[torch.Tensor, torch.Tensor] | None] = [None] * n_layer

    @property
    def length(self) -> int:
        """How many tokens layer 0 holds."""
        return 0 if self.held[0] is None else self.held[0][0].shape[2]

    def update(self, layer: int, k: torch.Tensor, v: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Put k and v [B, H, T, h] behind what the layer holds; return all of it, twice [B, H, S, h]."""
        past = self.held[layer]
        if past is not None:
            k, v = torch.cat([past[0], k], dim=2), torch.cat([past[1], v], dim=2)
        self.held[layer] = (k, v)
        return k, v


class CausalSelfAttention(nn.Module):
    """Attention of new tokens to the past and to each other. (This class is right.)"""

    def __init__(self, config, layer_idx: int):
        super().__init__()
        self.c_attn = nn.Linear(config.n_embd, 3 * config.n_embd)
        self.c_proj = nn.Linear(config.n_embd, config.n_embd)
        self.n_head = config.n_head
        self.layer_idx = layer_idx

    def forward(self, x: torch.Tensor, cache: KVCache | None = None) -> torch.Tensor:
        B, T, C = x.shape
        q, k, v = self.c_attn(x).view(B, T, 3, self.n_head, -1).permute(2, 0, 3, 1, 4)  # each (B, H, T, h)
        if cache is not None:
            k, v = cache.update(self.layer_idx, k, v)  # (B, H, S, h)
        S = k.shape[2]
        seen = torch.ones(T, S, dtype=torch.bool, device=x.device).tril(S - T)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=seen)
        return self.c_proj(y.transpose(1, 2).reshape(B, T, C))


class MLP(nn.Module):
    """Each position on its own. (This class is right.)"""

    def __init__(self, config):
        super().__init__()
        self.c_fc = nn.Linear(config.n_embd, 4 * config.n_embd)
        self.c_proj = nn.Linear(4 * config.n_embd, config.n_embd)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


class Block(nn.Module):
    """Attention, then the MLP, each added to the stream. (This class is right.)"""

    def __init__(self, config, layer_idx: int):
        super().__init__()
        self.ln_1 = nn.LayerNorm(config.n_embd)
        self.attn = CausalSelfAttention(config, layer_idx)
        self.ln_2 = nn.LayerNorm(config.n_embd)
        self.mlp = MLP(config)

    def forward(self, x: torch.Tensor, cache: KVCache | None = None) -> torch.Tensor:
        x = x + self.attn(self.ln_1(x), cache)
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    """GPT-2, with learned positions 0 … block_size − 1 and the embedding as its head.

    config: an object with n_embd, n_head, n_layer, block_size, vocab_size
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
        self.lm_head.weight = self.transformer.wte.weight
        self.cache = KVCache(config.n_layer)

    def forward(
        self, idx: torch.Tensor, targets: torch.Tensor | None = None, cache: KVCache | None = None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Logits for the next token at every new position.

        idx: [B, T] int64, the new tokens only
        targets: [B, T] int64, or None; −100 counts for nothing
        cache: a KVCache with what earlier calls left, perhaps nothing yet; None: no past
        returns: logits [B, T, V], and the mean loss (None without targets)
        raises: ValueError when past and new tokens are more than block_size

        However a text is cut into calls with one cache, the logits are those of one call with all of it.
        """
        total = idx.shape[1]
        if total > self.config.block_size:
            raise ValueError(f"{total} tokens, and only {self.config.block_size} positions")
        positions = torch.arange(total, device=idx.device)
        x = self.transformer.wte(idx) + self.transformer.wpe(positions)
        for block in self.transformer.h:
            x = block(x, cache)
        logits = self.lm_head(self.transformer.ln_f(x))
        loss = None if targets is None else F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        return logits, loss


def pick(
    logits: torch.Tensor,
    temperature: float,
    top_k: int | None,
    top_p: float | None,
    generator: torch.Generator | None,
) -> torch.Tensor:
    """One token for each row, [B, V] → [B, 1], with a single call of torch.multinomial. (Right: leave it as it is.)"""
    if temperature == 0:
        return logits.argmax(-1, keepdim=True)
    logits = logits / temperature
    if top_k is not None:
        least = logits.topk(min(top_k, logits.shape[1])).values[:, -1:]
        logits = logits.masked_fill(logits < least, float("-inf"))
    if top_p is not None and top_p < 1:
        p, order = logits.softmax(-1).sort(descending=True)
        late = (p.cumsum(-1) - p >= top_p).gather(1, order.argsort())
        logits = logits.masked_fill(late, float("-inf"))
    return torch.multinomial(logits.softmax(-1), 1, generator=generator)


@torch.no_grad()
def generate(
    model: GPT,
    idx: torch.Tensor,
    max_new: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_id: int | None = None,
    generator: torch.Generator | None = None,
    use_cache: bool = True,
) -> torch.Tensor:
    """Write on: up to max_new tokens behind each prompt, each drawn by pick from the logits of the last position.

    model: a GPT; set to eval mode while it writes, and back to what it was
    idx: [B, T0] int64, the prompts, T0 ≥ 1; not changed
    temperature, top_k, top_p, generator: handed to pick; temperature 0 takes the most likely token
    eos_id: a row that has drawn it is filled up with it; when all rows have, the writing ends. None: never
    use_cache: False runs the model on the last block_size tokens for every new one. True gives the very same tokens,
        and works on each token once: the prompt, then one new token a step. Past block_size the last block_size
        tokens go into a fresh cache, at every step: their positions have changed.
    returns: [B, T0 + n] int64, the prompts and n ≤ max_new new tokens

    Example: generate(model, torch.tensor([[5, 2]]), 3, temperature=0) might give [[5, 2, 7, 7, 1]].
    """
    was_training, limit = model.training, model.config.block_size
    model.eval()
    done = torch.zeros(len(idx), 1, dtype=torch.bool, device=idx.device)
    # TODO: from outside, this is what is wrong with use_cache=True, here and in GPT.forward: the tokens are others than
    # without it; all tokens so far are worked on at every step; the second prompt remembers the first; and a call with
    # more past and new tokens than block_size is not refused.
    cache = model.cache if use_cache else None
    for _ in range(max_new):
        logits, _ = model(idx[:, -limit:], cache=cache)
        token = pick(logits[:, -1], temperature, top_k, top_p, generator)
        if eos_id is not None:
            token = token.masked_fill(done, eos_id)
            done = token == eos_id
        idx = torch.cat([idx, token], dim=1)
        if done.all():
            break
    model.train(was_training)
    return idx
