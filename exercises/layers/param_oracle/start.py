"""The parameter oracle: which shape comes out of the layer, and how many numbers does it train?

For each question: the shape of layer(x), and the number of trained numbers in the layer.

Two of them you will meet later; here are their counts. BatchNorm1d(C) has a gain and a shift for each of C channels
(its running mean and variance are buffers). MultiheadAttention(C, heads), called with x as query, key and value, holds
four linear layers from C to C, all with a bias; its output, the first thing it returns, has the shape of x.

{questions}
"""

SEED = {seed}  # the questions belong to this number; leave it


def answers() -> list[tuple[list[int], int]]:
    """Your twelve answers in order: a shape and a count, such as ([8, 20], 220).

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
    ]
