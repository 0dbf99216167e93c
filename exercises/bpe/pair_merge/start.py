"""The two tools of byte-pair encoding: count neighbors, replace a pair."""


def pair_counts(ids: list[int]) -> dict[tuple[int, int], int]:
    """How often each pair of neighbors occurs.

    ids: whole numbers of any size, possibly none; not changed
    returns: {(left, right): count}, ints, for every pair that occurs, overlapping ones too: 7 7 7 has (7, 7) twice.
        {} when there are fewer than two ids. The order of the keys is free

    Example: [1, 2, 1, 2, 3] gives {(1, 2): 2, (2, 1): 1, (2, 3): 1}.
    """
    raise NotImplementedError  # TODO


def merge(ids: list[int], pair: tuple[int, int], new: int) -> list[int]:
    """The same list with every occurrence of a pair replaced by one new id.

    ids: whole numbers, possibly none; not changed
    pair: (left, right), in this order; they may be equal
    new: an id that occurs neither in ids nor in pair
    returns: a new list, also when nothing was replaced. One goes from left to right, and what has been replaced is
        used up: 7 7 7 with the pair (7, 7) gives new 7

    Example: merge([1, 2, 1, 2, 3], (1, 2), 9) gives [9, 9, 3].
    """
    raise NotImplementedError  # TODO
