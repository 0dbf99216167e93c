"""Checks for classify-last-token: new parameters, full texts, filled ones, what is filled in, who learns, gradients."""

import torch
import torch.nn.functional as F
from torch import nn

from graders.kit import equal, holds, noted

FILLED = "Other ids in the filled places have changed the logits."


class Block(nn.Module):
    """Causal attention and a small MLP, each added to the stream."""

    def __init__(self, c):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(c), nn.LayerNorm(c)
        self.qkv, self.mlp = nn.Linear(c, 3 * c), nn.Sequential(nn.Linear(c, c + 3), nn.GELU(), nn.Linear(c + 3, c))

    def forward(self, x):
        q, k, v = self.qkv(self.ln_1(x)).chunk(3, dim=-1)
        x = x + F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    """A GPT with the names of GPT-2; the head is tied to the token table."""

    def __init__(self, v, c, layers, longest):
        super().__init__()
        parts = {"wte": nn.Embedding(v, c), "wpe": nn.Embedding(longest, c), "ln_f": nn.LayerNorm(c)}
        self.transformer = nn.ModuleDict({**parts, "h": nn.ModuleList(Block(c) for _ in range(layers))})
        self.lm_head = nn.Linear(c, v, bias=False)
        self.lm_head.weight = self.transformer["wte"].weight
        self.transformer.wte, self.transformer.wpe = parts["wte"], parts["wpe"]

    def forward(self, ids, targets=None):
        parts = self.transformer
        x = parts["wte"](ids) + parts["wpe"](torch.arange(ids.shape[1], device=ids.device))
        for block in parts["h"]:
            x = block(x)
        logits = self.lm_head(parts["ln_f"](x))
        loss = None if targets is None else F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        return logits, loss


def build(submission, draw, layers=3, longest=12, dtype=torch.float32):
    """A classifier with drawn weights, its vocabulary and its number of classes."""
    c, v, n = draw.random.sample(range(5, 12), 3)
    gpt = draw.fill(GPT(v, c, layers, longest), scale=0.5)
    model = submission.GPTClassifier(gpt, n).to(dtype)
    with torch.no_grad():
        for p in model.head.parameters():
            p.copy_(draw.normal(*p.shape, scale=0.5, mean=0.1, dtype=p.dtype))
    return model, v, n


def texts(draw, v, b, t, full=False):
    """Rows of different lengths, filled up on the right with ids that may be real ones."""
    lengths = [draw.integer(2, t - 1) for _ in range(b)]
    lengths[draw.integer(0, b - 1)] = t
    lengths = torch.full((b,), t) if full else torch.tensor(lengths)
    return draw.integers(0, v, b, t), torch.arange(t) < lengths[:, None]


def test_parameters(submission, draw, observe):
    """A head [n_cls, C] with a bias is all that is new; gpt's values stay"""
    model, _, n = build(submission, draw)
    old = {name for name, _ in model.gpt.named_parameters(prefix="gpt")}
    new = {name: list(p.shape) for name, p in model.named_parameters() if name not in old}
    observe(f"new parameters for {n} classes", dict(sorted(new.items())))
    observe("the token table", model.gpt.transformer.wte.weight.detach())
    keys = [key for key in model.state_dict() if not key.startswith("gpt.")]
    observe("new keys of the state_dict", sorted(keys))


def test_full(submission, draw, observe):
    """Texts without filling: the last position is read, after ln_f, through the head"""
    for layers, dtype in ((3, torch.float32), (2, torch.float64)):
        model, v, n = build(submission, draw, layers, dtype=dtype)
        b, t = draw.sizes(2, low=3)
        ids, mask = texts(draw, v, b, t, full=True)
        observe.call(f"forward(ids [{b}, {t}], all real), {layers} blocks, {n} classes", model, ids, mask)
        observe("filled texts, looked at below", model(*texts(draw, v, 4, 7)), noted())


def test_filled(submission, draw, observe):
    """Filled texts: the last real token of each row is read; the mask may be bool or int"""
    for kind in (torch.bool, torch.int64):
        model, v, _ = build(submission, draw)
        b, t = draw.random.sample(range(5, 12), 2)
        ids, mask = texts(draw, v, b, t)
        name = str(kind).removeprefix("torch.")
        observe.call(f"forward(ids [{b}, {t}], mask {name})", model, ids, mask.to(kind))


def test_filling(submission, draw, observe):
    """What stands in the filled places plays no part"""
    model, v, _ = build(submission, draw)
    ids, mask = texts(draw, v, 5, 9)
    other = torch.where(mask, ids, draw.integers(0, v, 5, 9))
    same = torch.allclose(model(ids, mask), model(other, mask), atol=1e-4)
    observe("logits with other ids filled in", same, holds("is_true", FILLED))


def test_edges(submission, draw, observe):
    """One token, one row, one block, a row whose real tokens all have the id of the filling, the longest text"""
    model, v, _ = build(submission, draw, layers=1)
    observe.call("forward(ids [1, 1])", model, draw.integers(0, v, 1, 1), torch.ones(1, 1, dtype=torch.bool))
    mask = torch.zeros(3, 6, dtype=torch.int64)
    mask[:, 0] = 1
    observe.call("one real token in each of 3 rows", model, draw.integers(0, v, 3, 6), mask)
    same = torch.full((2, 5), draw.integer(0, v - 1))
    observe.call("all ids alike", model, same, torch.arange(5) < torch.tensor([[2], [4]]))
    ids, mask = texts(draw, v, 2, 12)
    observe.call("forward(ids [2, block_size])", model, ids, mask)


def test_who_learns(submission, draw, observe):
    """The head, ln_f and the last block ask for gradients, and nobody else"""
    for layers in (3, 1):
        model, _, _ = build(submission, draw, layers)
        observe(f"who asks, {layers} blocks", sorted(n for n, p in model.named_parameters() if p.requires_grad))


def test_gradients(submission, draw, observe):
    """Head, ln_f and last block get their gradients; the others have none"""
    model, v, n = build(submission, draw, dtype=torch.float64)
    b, t = draw.random.sample(range(5, 12), 2)
    ids, mask = texts(draw, v, b, t)
    up = draw.normal(b, n, dtype=torch.float64)
    (model(ids, mask) * up).sum().backward()
    for name, p in sorted(model.named_parameters()):
        observe(f"gradient of {name}", p.grad, equal())
    observe("asks for gradients still", sorted(n for n, p in model.named_parameters() if p.requires_grad))


def test_device(submission, draw, observe):
    """New tensors are made where ids are"""
    model, v, _ = build(submission, draw)
    ids, mask = texts(draw, v, 3, 6)
    observe.stays_on_device("forward(ids, mask)", model.to("meta"), ids, mask)
