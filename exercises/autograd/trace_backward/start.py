"""Trace the backward pass by hand: what does each asked .grad hold at the end?

Every question is a few lines of code; its last line is what is asked. A .grad that was never filled is None.

{questions}
"""

SEED = {seed}  # the questions belong to this number; leave it


def answers() -> list[float | None]:
    """Your ten answers in order: a number, or None. Replace each `...`."""
    return [
        ...,  # 1
        ...,  # 2
        ...,  # 3
        ...,  # 4
        ...,  # 5
        ...,  # 6
        ...,  # 7
        ...,  # 8
        ...,  # 9
        ...,  # 10
    ]
