"""Who may look at whom: four rules, one table of True and False."""

import torch


def build_mask(
    rule: str | tuple[str, int | torch.Tensor], Tq: int, Tk: int, device: torch.device | str
) -> torch.Tensor:
    """A bool mask [Tq, Tk] on `device`; True = the query may attend to the key.

    The keys stand at the positions 0 … Tk − 1, the queries at the last Tq of them: Tk − Tq … Tk − 1 (1 ≤ Tq ≤ Tk).
    With q and k for the two positions, the rules are

        "causal"             k ≤ q
        ("window", w)        the query itself and the w − 1 positions before it
        ("prefix", p)        the first p keys are seen by everybody; behind them, causal
        ("document", ids)    both stand in the same document: ids[q] = ids[k]; ids: [Tk] integers on `device`.
                             Not causal by itself: combine it with & if you want that.

    Example: build_mask("causal", 2, 3, "cpu") is [[True, True, False], [True, True, True]].
    """
    q = torch.arange(Tk - Tq, Tk, device=device)[:, None]   # positions of the queries
    k = torch.arange(Tk, device=device)[None, :]
    if rule == "causal":
        return k > q
    kind, arg = rule
    if kind == "window":
        return (k > q) | (k <= q - arg)
    if kind == "prefix":
        return (k >= arg) & (k > q)
    if kind == "document":
        return arg[Tk - Tq :, None] != arg[None, :]
    raise ValueError(f"unknown rule {rule}")
