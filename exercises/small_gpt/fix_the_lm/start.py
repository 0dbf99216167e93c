"""A transformer language model as one finds it on the web. It trains, its loss is wonderful, and its text is noise."""

import torch
from torch import nn


class TransformerLM(nn.Module):
    """Reads token numbers, and gives every position the logits of its next token.

    vocab_size, d_model, n_head, n_layer: sizes; how wide the MLPs are is up to you
    max_len: the longest sequence that forward takes
    dropout: for the layers, in train mode only

    What it must do, in train mode and in eval mode alike:
        - logits at position t depend on tokens 0 … t, its own included, and on no later one;
        - sequences of a batch have nothing to do with each other;
        - new tensors are made on idx's device;
        - order counts: swap two earlier tokens, and the logits of the last one change, with a single layer too.
    Inside you may change, name and replace what you like; torch's encoder layers are welcome.
    """

    def __init__(
        self, vocab_size: int, d_model: int, n_head: int, n_layer: int, max_len: int, dropout: float = 0.0
    ) -> None:
        super().__init__()
        # TODO: from outside, this is what is wrong: change the last token, and the logits of the first one change;
        # swap two tokens, and what a later one says stays the same; and generate does not stop at max_len.
        self.max_len = max_len
        self.embed = nn.Embedding(vocab_size, d_model)
        self.position = nn.Linear(d_model, d_model)
        layer = nn.TransformerEncoderLayer(d_model, n_head, 4 * d_model, dropout, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, n_layer, nn.LayerNorm(d_model), enable_nested_tensor=False)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        """idx: int64 [B, T] with T ≤ max_len. Returns logits [B, T, vocab_size], in the dtype of the parameters."""
        x = self.embed(idx)
        x = x + self.position(x)
        return self.head(self.encoder(x))

    def generate(self, idx: torch.Tensor, n_new: int) -> torch.Tensor:
        """Write on, greedily: each new token is the one with the largest logit behind the last max_len tokens.

        idx: int64 [B, T], T ≥ 1, of any length, also beyond max_len; not changed
        returns: int64 [B, T + n_new]: the prompt, whole, and the n_new new tokens behind it

        The caller puts the model in eval mode. With n_new = 0 the prompt comes back.

        Example: with max_len = 4, a prompt of 6 and n_new = 2, the first new token comes from tokens 2 … 5 of the
        prompt, the second from 3 … 5 and the first new one.
        """
        for _ in range(n_new):
            logits = self(idx)[:, -1]
            idx = torch.cat([idx, logits.argmax(-1, keepdim=True)], dim=1)
        return idx
