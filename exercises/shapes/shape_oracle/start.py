"""The shape oracle: what shape has the last line's tensor?

Every question is a few lines of code; its last line is what is asked. Where that line would raise, the answer is the
word "error". 13 right answers of 14 pass.

{questions}
"""

SEED = {seed}  # the questions belong to this number; leave it


def answers() -> list[list[int] | str]:
    """Your fourteen answers in order, such as [2, 3] or "error". A tensor without dimensions has the shape [].

    TODO: replace each `...`.
    """
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
        ...,  # 11
        ...,  # 12
        ...,  # 13
        ...,  # 14
    ]
