"""The reference: a new dict under new names, three lists, and load_state_dict only where all are empty."""


def load_flexible(model, sd, strip=("module.", "_orig_mod."), rename=None):
    change = rename if callable(rename) else lambda name: (rename or {}).get(name, name)
    found = {}
    for name, value in sd.items():
        while name.startswith(strip):
            name = name.removeprefix(next(p for p in strip if name.startswith(p)))
        found[change(name)] = value
    mine = model.state_dict()
    report = {
        "missing": [name for name in mine if name not in found],
        "unexpected": [name for name in found if name not in mine],
        "mismatched": [name for name in mine if name in found and mine[name].shape != found[name].shape],
    }
    if not any(report.values()):
        model.load_state_dict(found)
    return report
