"""Checks for pad-vocab: the number; the table, the tie, what modules say; then −inf, its gradient, the loss."""

from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import nn

from graders.kit import holds


class GPT(nn.Module):
    """As much of a GPT-2 as has to do with the vocabulary; what stands for its blocks is one layer."""

    def __init__(self, v, c, block_size=8):
        super().__init__()
        self.config = SimpleNamespace(vocab_size=v, n_embd=c, n_head=1, n_layer=1, block_size=block_size, dropout=0.0)
        parts = {"wte": nn.Embedding(v, c), "wpe": nn.Embedding(block_size, c), "h": nn.ModuleList([nn.Linear(c, c)])}
        self.transformer = nn.ModuleDict({**parts, "ln_f": nn.LayerNorm(c)})
        self.lm_head = nn.Linear(c, v, bias=False)
        self.lm_head.weight = self.transformer.wte.weight

    def forward(self, idx, targets=None):
        x = self.transformer.wte(idx) + self.transformer.wpe(torch.arange(idx.shape[1], device=idx.device))
        for block in self.transformer.h:
            x = x + block(x).tanh()
        logits = self.lm_head(self.transformer.ln_f(x))
        loss = None if targets is None else F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        return logits, loss


def build(draw, v, c, dtype=torch.float32):
    return draw.fill(GPT(v, c).to(dtype), scale=0.5)


def sizes(draw):
    """V, V2, C, B, T: all different, and V2 − V at least 2."""
    c, b, t = draw.sizes(3, high=8)
    v = draw.integer(11, 15)
    return v, v + draw.integer(2, 6), c, b, t


def test_pad_to(submission, draw, observe):
    """pad_to gives the next multiple, and a multiple itself"""
    for n in (50257, 50304, 1, 127, 128, 129, draw.integer(1000, 9000)):
        observe.call(f"pad_to({n})", submission.pad_to, n)
    for m in (64, 1, 7, draw.integer(10, 90)):
        k = draw.integer(2, 9)
        for n in (k * m, k * m + 1, k * m - 1):
            observe.call(f"pad_to({n}, {m})", submission.pad_to, n, m)
    observe.call("pad_to(n=100, m=30)", submission.pad_to, n=100, m=30)


def test_table(submission, draw, observe):
    """The table has V2 rows: the old ones first, as they were, then new ones that are finite"""
    v, v2, c, _, _ = sizes(draw)
    model = build(draw, v, c)
    old = model.transformer.wte.weight.detach().clone()
    submission.resize_vocab_(model, v2)
    table = model.transformer.wte.weight
    observe("shape of wte.weight", list(table.shape))
    kept = bool((table.detach()[:, None] == old).all(-1).any(0).all())
    observe("every old row is in it", kept, holds("is_true", "An old row is nowhere in the new table."))
    observe("its first V rows", table[:v].detach())
    finite = bool(torch.isfinite(table.detach()).all())
    observe("all rows are finite", finite, holds("is_true", "A new row holds NaN or an infinite number."))
    others = {k: p.detach() for k, p in sorted(model.named_parameters()) if "wte" not in k and "lm_head" not in k}
    observe("all other parameters", others)


def test_tie(submission, draw, observe):
    """wte and lm_head still share one Parameter, which trains"""
    v, v2, c, _, _ = sizes(draw)
    model = build(draw, v, c)
    submission.resize_vocab_(model, v2)
    head, table = model.lm_head.weight, model.transformer.wte.weight
    observe("shape of lm_head.weight", list(head.shape))
    observe("one Parameter under both names", head is table, holds("is_true", "They are two tensors now."))
    observe("it is a Parameter that asks for gradients", isinstance(table, nn.Parameter) and table.requires_grad)
    observe("how many parameters the model has", len(list(model.parameters())))
    observe("keys of the state_dict", sorted(model.state_dict()))


def test_sizes_told(submission, draw, observe):
    """config.vocab_size, num_embeddings and out_features say V2"""
    v, v2, c, _, _ = sizes(draw)
    model = build(draw, v, c)
    submission.resize_vocab_(model, v2)
    observe("config.vocab_size", int(model.config.vocab_size))
    observe("wte.num_embeddings", model.transformer.wte.num_embeddings)
    observe("lm_head.out_features", model.lm_head.out_features)
    observe("config otherwise", {k: x for k, x in sorted(vars(model.config).items()) if k != "vocab_size"})


def test_logits(submission, draw, observe):
    """The first V logits are what they were, and the model trains"""
    v, v2, c, b, t = sizes(draw)
    for dtype in (torch.float32, torch.float64):
        model = build(draw, v, c, dtype)
        submission.resize_vocab_(model, v2)
        observe(f"dtype of the table, {dtype} before", model.transformer.wte.weight.dtype)
        idx = draw.integers(0, v, b, t)
        logits = model(idx)[0]
        observe("shape of the logits", list(logits.shape))
        observe("the first V logits", logits[..., :v].detach())
    logits[..., :v].square().mean().backward()
    observe("gradient of the first V rows", model.transformer.wte.weight.grad[:v])
    before = model.transformer.wte.weight.detach().clone()
    submission.resize_vocab_(model, v2)
    observe("resized to what it is", torch.equal(before, model.transformer.wte.weight))
    observe("and still tied", model.transformer.wte.weight is model.lm_head.weight)


def test_mask(submission, draw, observe):
    """mask_pad_logits: −inf from id V on, the rest as it was, in a tensor of its own"""
    v, v2, _, b, t = sizes(draw)
    for shape in ((b, t, v2), (v2,), (b, v2)):
        observe.call(f"mask_pad_logits({list(shape)}, {v})", submission.mask_pad_logits, draw.normal(*shape), v)
    for real in (v2, v2 - 1, 1):
        logits = draw.normal(b, v2)
        out = observe.call(f"mask_pad_logits([{b}, {v2}], {real})", submission.mask_pad_logits, logits, real)
        observe.apart(f"memory of its own, V={real}", out, logits)
    for dtype in (torch.float64, torch.bfloat16, torch.float16):
        logits = draw.normal(b, v2, dtype=dtype)
        observe.call(f"mask_pad_logits({str(dtype).removeprefix('torch.')})", submission.mask_pad_logits, logits, v)
    logits = draw.strided(draw.normal(b, v2))
    observe.call("mask_pad_logits(strided)", submission.mask_pad_logits, logits, v)


def test_mask_gradients(submission, draw, observe):
    """Gradients go to the real ids, and to them alone"""
    v, v2, _, b, t = sizes(draw)
    logits = draw.normal(b, t, v2, dtype=torch.float64).requires_grad_()
    targets = draw.integers(0, v, b, t)
    loss = F.cross_entropy(submission.mask_pad_logits(logits, v).flatten(0, 1), targets.flatten())
    observe("the loss, which knows of no padding", loss.detach())
    loss.backward()
    observe("gradient of the logits", logits.grad)


def test_device(submission, draw, observe):
    """What is made on the way lies where the model and the logits are"""
    v, v2, c, b, _ = sizes(draw)
    observe.stays_on_device("mask_pad_logits elsewhere", submission.mask_pad_logits, draw.normal(b, v2), v)
    with torch.device("meta"):
        model = GPT(v, c)
    submission.resize_vocab_(model, v2)
    places = [model.transformer.wte.weight.device.type, model.lm_head.weight.device.type]
    observe("devices of the table and the head of a model on the meta device", places)
