"""Checks for port-gpt2-weights: plain names, matrices, the square one, logits, kinds of files, tie, memory, holes."""

import torch

import gpt2.model  # noqa: F401  an answer may build on ours, and could not read it any more behind closed doors
from gpt2.config import Model
from graders.kit import holds

SHARED = "A parameter lies in the memory of a tensor that was passed in."
CHANGED = "The dict that was passed in is not as it was, or one of its tensors is not."
UNTIED = "lm_head.weight and transformer.wte.weight are not one Parameter."


def shape(draw, square=False):
    """A small GPT-2; its vocabulary is a multiple of 128, so that nothing is padded."""
    n_head = draw.integer(2, 3)
    n_embd = n_head * draw.integer(3, 5)
    return Model(
        n_layer=draw.integer(2, 3),
        n_head=n_head,
        n_embd=n_embd,
        block_size=n_embd if square else n_embd + draw.integer(2, 9),
        vocab_size=128,
    )


def checkpoint(draw, config, prefix="transformer.", head=True, masks=False):
    """A state dict as transformers writes it, in a random order; every value is drawn."""
    C, T = config.n_embd, config.block_size
    shapes = {"wte.weight": (config.vocab_size, C), "wpe.weight": (T, C)}
    shapes |= {"ln_f.weight": (C,), "ln_f.bias": (C,)}
    for i in range(config.n_layer):
        for name, (rows, columns) in {
            "attn.c_attn": (C, 3 * C),
            "attn.c_proj": (C, C),
            "mlp.c_fc": (C, 4 * C),
            "mlp.c_proj": (4 * C, C),
        }.items():
            shapes |= {f"h.{i}.{name}.weight": (rows, columns), f"h.{i}.{name}.bias": (columns,)}
        for name in ("ln_1", "ln_2"):
            shapes |= {f"h.{i}.{name}.weight": (C,), f"h.{i}.{name}.bias": (C,)}
    sd = {prefix + name: draw.normal(*size, scale=0.3, mean=0.1) for name, size in shapes.items()}
    if masks:
        for i in range(config.n_layer):
            sd[f"{prefix}h.{i}.attn.bias"] = torch.ones(T, T).tril().bool().view(1, 1, T, T)
            sd[f"{prefix}h.{i}.attn.masked_bias"] = torch.tensor(-1e4)
    if head:
        sd["lm_head.weight"] = sd[prefix + "wte.weight"]
    names = list(sd)
    draw.random.shuffle(names)
    return {name: sd[name] for name in names}


def weights(model, *endings):
    """The model's tensors whose names end so; a mask of its own is none of them."""
    state = model.state_dict()
    return {name: state[name] for name in state if name.endswith(endings) and not name.endswith(".attn.bias")}


def logits(model, idx):
    out = model.eval()(idx)
    return out[0] if isinstance(out, tuple) else out


def test_names(submission, draw, observe):
    """Tables, norms and biases come by name, as they are"""
    for square in (True, False):
        config = shape(draw, square)
        model = submission.from_hf(checkpoint(draw, config), config)
        found = weights(model, "wte.weight", "wpe.weight", ".bias", "ln_1.weight", "ln_2.weight", "ln_f.weight")
        observe(f"tables, norms and biases, block_size {config.block_size}, n_embd {config.n_embd}", found)


def test_matrices(submission, draw, observe):
    """Conv1D's oblong matrices are turned"""
    config = shape(draw)
    model = submission.from_hf(checkpoint(draw, config), config)
    observe("c_attn, c_fc, mlp.c_proj", weights(model, "c_attn.weight", "c_fc.weight", "mlp.c_proj.weight"))


def test_square(submission, draw, observe):
    """And the square one"""
    config = shape(draw)
    model = submission.from_hf(checkpoint(draw, config), config)
    observe("attn.c_proj", weights(model, "attn.c_proj.weight"))


def test_logits(submission, draw, observe):
    """The model computes what the checkpoint's model computes"""
    for square in (False, True):
        config = shape(draw, square)
        model = submission.from_hf(checkpoint(draw, config), config)
        idx = draw.integers(0, config.vocab_size, 2, config.block_size - 1)
        observe("logits", logits(model, idx).detach())


def test_keys(submission, draw, observe):
    """With the prefix or without, with a head or without, with old masks or without"""
    for prefix, head, masks in (("", True, False), ("", False, True), ("transformer.", False, False)):
        config = shape(draw)
        model = submission.from_hf(checkpoint(draw, config, prefix, head, masks), config)
        idx = draw.integers(0, config.vocab_size, 2, 5)
        observe(f"logits; prefix {prefix!r}, head {head}, masks {masks}", logits(model, idx).detach())
    config = shape(draw)
    sd = checkpoint(draw, config, "transformer.", True, True)
    observe("logits; with everything", logits(submission.from_hf(sd, config), torch.arange(4)[None]).detach())


def test_tied(submission, draw, observe):
    """Head and table are one Parameter"""
    for head in (True, False):
        config = shape(draw)
        model = submission.from_hf(checkpoint(draw, config, head=head), config)
        tied = model.lm_head.weight is model.state_dict(keep_vars=True)["transformer.wte.weight"]
        observe(f"tied, head in the file {head}", tied, holds("is_true", UNTIED))


def test_own_memory(submission, draw, observe):
    """Nothing is shared with the dict, and it stays as it was"""
    config = shape(draw)
    sd = checkpoint(draw, config, masks=True)
    before = {name: (value, value.clone(), value._version) for name, value in sd.items()}
    model = submission.from_hf(sd, config)
    theirs = {value.untyped_storage().data_ptr() for value, _, _ in before.values()}
    apart = not any(p.untyped_storage().data_ptr() in theirs for p in model.parameters())
    observe("memory of its own", apart, holds("is_true", SHARED))
    same = list(sd) == list(before) and all(
        sd[name] is value and value._version == version and torch.equal(value, old)
        for name, (value, old, version) in before.items()
    )
    observe("the dict stays as it was", same, holds("is_true", CHANGED))


def test_missing(submission, draw, observe):
    """A file with a hole in it is refused"""
    for name in ("h.1.mlp.c_fc.bias", "wpe.weight"):
        config = shape(draw)
        sd = checkpoint(draw, config)
        del sd[f"transformer.{name}"]
        observe.raises(f"from_hf without {name}", submission.from_hf, sd, config)
