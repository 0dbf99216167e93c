"""The reference: bytes for each number, times numbers, divided where the stage says so."""

STATE = {"adamw": 8, "momentum": 4, "sgd": 0}


def ledger(n_params, precision, optimizer, zero_stage, world):
    width, master = (2, 4) if precision == "mixed" else (4, 0)
    weights = gradients = width * n_params
    state = (master + STATE[optimizer]) * n_params
    if zero_stage >= 1:
        state = state / world
    if zero_stage >= 2:
        gradients = gradients / world
    if zero_stage >= 3:
        weights = weights / world
    total = weights + gradients + state
    return {"weights": weights, "gradients": gradients, "optimizer": state, "total": total}
