"""The reference: two formulas, and a refusal."""


def residual_step(x, f, ln, mode):
    if mode == "pre":
        return x + f(ln(x))
    if mode == "post":
        return ln(x + f(x))
    raise ValueError(f"mode is 'pre' or 'post', not {mode!r}")
