"""Checks for state-dict-surgery: plain, prefixes, renaming, the three lists, and whose memory it is."""

import torch
from torch import nn

from graders.kit import holds

SHARED = "A tensor of the model lies in the memory of one that was passed in."
CHANGED = "The dict that was passed in is not as it was, or one of its tensors is not."
SKIPPED = "A tensor of another shape is neither reported nor raised about."
MIXED = "Something did not fit, and a part was loaded all the same: the model is a mixture."


class Net(nn.Module):
    """Parts whose names look like wrappers, or begin with their letters."""

    def __init__(self, a, b):
        super().__init__()
        self.submodule = nn.Linear(a, b)
        self.mlp = nn.Linear(b, a, bias=False)
        self.duel = nn.BatchNorm1d(b)
        self.odd_orig_mod = nn.Linear(a, a)


def net(draw):
    return draw.fill(Net(*draw.sizes(2, low=3)))


def fresh(draw, model):
    """Other values for every tensor of a model, in a random order."""
    state = {}
    for name, value in model.state_dict().items():
        drawn = draw.normal(*value.shape, mean=0.5)
        state[name] = drawn if value.is_floating_point() else torch.tensor(draw.integer(5, 99))
    names = list(state)
    draw.random.shuffle(names)
    return {name: state[name] for name in names}


def see(observe, name, report, model):
    """The report with its lists in order, and the model."""
    if isinstance(report, dict):
        report = {k: sorted(v) if isinstance(v, (list, tuple, set)) else v for k, v in report.items()}
    observe(f"report, {name}", report)
    observe(f"the model, {name}", dict(model.state_dict()))


def test_plain(submission, draw, observe):
    """Equal names: everything is loaded, buffers too"""
    model = net(draw)
    see(observe, "equal names", submission.load_flexible(model, fresh(draw, model)), model)


def test_missing(submission, draw, observe):
    """What the file lacks is reported, and nothing is loaded"""
    for name in ("submodule.bias", "duel.running_var"):
        model = net(draw)
        sd = fresh(draw, model)
        del sd[name]
        see(observe, f"{name} not in sd", submission.load_flexible(model, sd), model)


def test_unexpected(submission, draw, observe):
    """So is what the model lacks, under its name without wrappers"""
    model = net(draw)
    sd = {f"module.{name}": value for name, value in fresh(draw, model).items()}
    sd["module.head.weight"] = draw.normal(2, 3)
    see(observe, "head.weight in sd", submission.load_flexible(model, sd), model)


def test_mismatched(submission, draw, observe):
    """So are other shapes; or they raise"""
    for name in ("mlp.weight", "odd_orig_mod.bias"):
        model = net(draw)
        sd = fresh(draw, model)
        sd[name] = draw.normal(*sd[name].shape[:-1], sd[name].shape[-1] + 1)
        before = {k: v.clone() for k, v in model.state_dict().items()}
        try:
            report = submission.load_flexible(model, sd)
            told = isinstance(report, dict) and report.get("mismatched") == [name]
        except (RuntimeError, ValueError):
            told = True
        observe(f"{name} of another shape is told", told, holds("is_true", SKIPPED))
        same = all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
        observe(f"{name} of another shape: nothing is loaded", same, holds("is_true", MIXED))


def test_prefixes(submission, draw, observe):
    """Wrappers' names come off: each, both in either order, twice; and nothing else does"""
    for prefix in ("module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module.", "module.module._orig_mod."):
        model = net(draw)
        sd = {prefix + name: value for name, value in fresh(draw, model).items()}
        see(observe, f"{prefix!r} in front", submission.load_flexible(model, sd), model)
    model = net(draw)
    sd = {"model.net." + name: value for name, value in fresh(draw, model).items()}
    see(observe, "strip=('net.', 'model.')", submission.load_flexible(model, sd, strip=("net.", "model.")), model)


def test_rename(submission, draw, observe):
    """Names are changed after stripping, by a dict or by a function"""
    table = {"first.weight": "submodule.weight", "first.bias": "submodule.bias", "norm.weight": "duel.weight"}
    back = {new: old for old, new in table.items()}
    for prefix in ("", "_orig_mod."):
        model = net(draw)
        sd = {prefix + back.get(name, name): value for name, value in fresh(draw, model).items()}
        see(observe, f"renamed by a dict, {prefix!r}", submission.load_flexible(model, sd, rename=table), model)
    model = net(draw)
    sd = {f"module.{name.upper()}": value for name, value in fresh(draw, model).items()}
    see(observe, "renamed by str.lower", submission.load_flexible(model, sd, rename=str.lower), model)


def test_own_memory(submission, draw, observe):
    """Nothing is shared with the dict, and it stays as it was"""
    model = net(draw)
    sd = {f"module.{name}": value for name, value in fresh(draw, model).items()}
    before = {name: (value, value.clone(), value._version) for name, value in sd.items()}
    submission.load_flexible(model, sd)
    theirs = {value.untyped_storage().data_ptr() for value, _, _ in before.values()}
    apart = not any(t.untyped_storage().data_ptr() in theirs for t in model.state_dict().values())
    observe("memory of its own", apart, holds("is_true", SHARED))
    same = list(sd) == list(before) and all(
        sd[name] is value and value._version == version and torch.equal(value, old)
        for name, (value, old, version) in before.items()
    )
    observe("the dict stays as it was", same, holds("is_true", CHANGED))
