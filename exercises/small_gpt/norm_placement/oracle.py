"""The oracle: a table of the two formulas; a missing key is turned into a ValueError."""

FORMULAS = {
    "pre": lambda x, f, ln: f(ln(x)) + x,
    "post": lambda x, f, ln: ln(f(x) + x),
}


def residual_step(x, f, ln, mode):
    try:
        formula = FORMULAS[mode]
    except KeyError:
        raise ValueError("no such mode") from None
    return formula(x, f, ln)
