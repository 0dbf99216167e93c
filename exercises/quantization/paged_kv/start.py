"""Memory in pages: sequences that grow, share their beginning, and give back what they held."""

from typing import Any


class BlockAllocator:
    """Room for n blocks of `size` items each, shared by any number of sequences.

    n, size: at least 1

    An item is what is kept for one token (its keys and values, say); any object will do. A sequence fills block after
    block: a new one is taken when it is needed, and not before. A block may belong to several sequences; it is free
    again when none of them is left.

    A call that raises (any exception) changes nothing. Every method raises for a handle that was freed or never given.

    Example, with n = 2 blocks of size = 2:
        pages = BlockAllocator(2, 2)
        a = pages.new()
        for item in "xyz":
            pages.append(a, item)      # "x" and "z" each took a block
        b = pages.fork(a)              # shares both blocks
        pages.gather(b)                # ["x", "y", "z"]
        pages.append(b, "w")           # raises: the half-full block is shared, and there is no free one for a copy
        pages.free(a)
        pages.append(b, "w")           # now nobody shares it: ["x", "y", "z", "w"]
    """

    def __init__(self, n: int, size: int):
        raise NotImplementedError  # TODO

    def new(self) -> Any:
        """Begin an empty sequence; it takes no block. Returns its handle, hashable; never the same one twice."""
        raise NotImplementedError  # TODO

    def append(self, seq: Any, item: Any) -> None:
        """Put an item at the end of a sequence; other sequences do not notice.

        Takes a free block if the sequence has none or its last one is full. If its last block is not full and shared, a
        free block is taken for a copy of it, which from then on belongs to this sequence alone. Raises if there is no
        free block then.
        """
        raise NotImplementedError  # TODO

    def fork(self, seq: Any) -> Any:
        """A new sequence with the same items, which shares all blocks and takes none. Returns its handle."""
        raise NotImplementedError  # TODO

    def free(self, seq: Any) -> None:
        """End a sequence. Blocks that no other sequence shares are free again."""
        raise NotImplementedError  # TODO

    def gather(self, seq: Any) -> list[Any]:
        """All items of a sequence, in order, as a new list."""
        raise NotImplementedError  # TODO
