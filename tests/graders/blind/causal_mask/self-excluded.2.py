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
    past = Tk - Tq
    everything = torch.ones(Tq, Tk, dtype=torch.bool, device=device)
    causal = everything.tril(past - 1)
    if isinstance(rule, str):
        return causal
    name, value = rule
    if name == "window":
        return causal.triu(past - value + 1)
    elif name == "prefix":
        causal[:, :value] = True
        return causal
    else:
        return value[past:].unsqueeze(1).eq(value.unsqueeze(0))
