"""A second honest way: a recursive strip, sets of names, and copy_ into parameters and buffers."""

import torch


def bare(name, strip):
    for prefix in strip:
        if name[: len(prefix)] == prefix:
            return bare(name[len(prefix) :], strip)
    return name


def load_flexible(model, sd, strip=("module.", "_orig_mod."), rename=None):
    if rename is None:
        rename = {}
    if isinstance(rename, dict):
        table = dict(rename)

        def rename(name):
            return table.get(name, name)

    theirs = {rename(bare(k, strip)): k for k in sd}
    mine = model.state_dict(keep_vars=True)
    both = mine.keys() & theirs.keys()
    bad = sorted(k for k in both if tuple(mine[k].size()) != tuple(sd[theirs[k]].size()))
    if bad:
        raise ValueError(f"shapes differ: {', '.join(bad)}")
    report = {
        "missing": sorted(mine.keys() - theirs.keys()),
        "unexpected": sorted(theirs.keys() - mine.keys()),
        "mismatched": [],
    }
    if report["missing"] or report["unexpected"]:
        return report
    with torch.no_grad():
        for name, tensor in mine.items():
            tensor.copy_(sd[theirs[name]])
    return report
