"""A second honest way: a list of float32 and bfloat16 copies of the model, and who shares which."""

from fractions import Fraction

SHARED_FROM = {"weights": 3, "gradients": 2, "optimizer": 1}


def ledger(n_params, precision, optimizer, zero_stage, world):
    copies = {"weights": ["p"], "gradients": ["g"], "optimizer": []}
    if precision == "mixed":
        copies["optimizer"].append("master")
    if optimizer != "sgd":
        copies["optimizer"].append("m")
    if optimizer == "adamw":
        copies["optimizer"].append("v")
    found = {}
    for part, names in copies.items():
        each = sum(2 if precision == "mixed" and name in "pg" else 4 for name in names)
        ranks = world if zero_stage >= SHARED_FROM[part] else 1
        found[part] = Fraction(each * n_params, ranks)
    found["total"] = sum(found.values())
    return found
