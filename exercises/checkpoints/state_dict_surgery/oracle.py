"""The oracle: a regular expression for the beginnings, tried on a copy of the model first."""

import copy
import re


def load_flexible(model, sd, strip=("module.", "_orig_mod."), rename=None):
    front = re.compile("^(" + "|".join(map(re.escape, strip)) + ")*")
    names = [front.sub("", name) for name in sd]
    if rename is not None:
        names = [rename(n) if callable(rename) else dict(rename).get(n, n) for n in names]
    state = dict(zip(names, sd.values(), strict=True))
    shapes = {n: v.shape for n, v in model.state_dict().items()}
    fits = {n: v for n, v in state.items() if shapes.get(n) == v.shape}
    told = copy.deepcopy(model).load_state_dict(fits, strict=False)
    mismatched = [n for n in told.missing_keys if n in state]
    report = {
        "missing": [n for n in told.missing_keys if n not in state],
        "unexpected": [n for n in state if n not in shapes],
        "mismatched": mismatched,
    }
    if sum(map(len, report.values())) == 0:
        model.load_state_dict({n: v.clone() for n, v in state.items()})
    return report
