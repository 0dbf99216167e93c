"""The zero-init autopsy: what does training reach when parts of a network start at zero?

    h = act(E[x] @ W1 + b1)              # letters x (N,) → (N, D) → hidden (N, H)
    logits = h @ W2 + b2                 # (N, V)
    loss = cross_entropy(logits, y)      # the letters that come next

Five tensors train: E [V, D], W1 [D, H], b1 [H], W2 [H, V] and b2 [V]. Those named in `zero` start with zeros,
the others with random numbers, none of which is 0. Then come steps of plain SGD on one batch, in which some letters y
are more frequent than others. torch takes the slope of relu at 0 to be 0; that of tanh at 0 is 1.

Questions with `act`: which of the five have a gradient that is not all zeros, in step 1, in step 2 and in step 3? The
answer is a list of three strings with names, in any order, such as ["W2 b2", "W1 W2 b2", "W1 W2 b2"]; "" for none.

Questions with `bits`: the loss in bits, that is in nats divided by ln 2, which for probabilities ½, ¼, ⅛ … needs no
calculator. All five start at zero; there are V letters, y are those of the batch, and each has an x of its own, which
no other letter shares. "at the end" means: after so many steps that it falls no further. The answer is a number.

{questions}
"""

SEED = {seed}  # the questions belong to this number; leave it


def answers() -> list[list[str] | float]:
    """Your nine answers in order.

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
    ]
