"""The reference: a table of block numbers for each sequence, and a count of users for each block."""

import itertools
from typing import Any


class BlockAllocator:
    def __init__(self, n: int, size: int):
        self.size = size
        self.blocks: dict[int, list[Any]] = {}
        self.users: dict[int, int] = {}
        self.unused = list(range(n))
        self.tables: dict[int, list[int]] = {}
        self.handles = itertools.count()

    def take(self) -> int:
        block = self.unused.pop()  # raises when it is empty
        self.blocks[block] = []
        self.users[block] = 1
        return block

    def new(self) -> Any:
        seq = next(self.handles)
        self.tables[seq] = []
        return seq

    def append(self, seq: Any, item: Any) -> None:
        table = self.tables[seq]
        if not table or len(self.blocks[table[-1]]) == self.size:
            table.append(self.take())
        elif self.users[table[-1]] > 1:
            shared = table[-1]
            table[-1] = self.take()  # copy on write
            self.blocks[table[-1]] += self.blocks[shared]
            self.users[shared] -= 1
        self.blocks[table[-1]].append(item)

    def fork(self, seq: Any) -> Any:
        table = list(self.tables[seq])
        for block in table:
            self.users[block] += 1
        other = self.new()
        self.tables[other] = table
        return other

    def free(self, seq: Any) -> None:
        for block in self.tables.pop(seq):
            self.users[block] -= 1
            if self.users[block] == 0:
                self.unused.append(block)

    def gather(self, seq: Any) -> list[Any]:
        return [item for block in self.tables[seq] for item in self.blocks[block]]
