"""A second honest way: one flat memory, lengths beside the tables, and users counted by looking at all tables."""


class BlockAllocator:
    def __init__(self, n, size):
        self.n, self.size = n, size
        self.memory = [None] * (n * size)
        self.sequences = {}
        self.given = 0

    def _users(self, block):
        return sum(block in pages for pages, _ in self.sequences.values())

    def _free_block(self):
        used = {block for pages, _ in self.sequences.values() for block in pages}
        for block in range(self.n):
            if block not in used:
                return block
        raise MemoryError("all blocks are in use")

    def new(self):
        self.given += 1
        handle = ("sequence", self.given)
        self.sequences[handle] = ([], 0)
        return handle

    def append(self, seq, item):
        pages, length = self.sequences[seq]
        at = length % self.size
        if at == 0:
            pages.append(self._free_block())
        elif self._users(pages[-1]) > 1:
            fresh, old = self._free_block(), pages[-1]
            for i in range(at):
                self.memory[fresh * self.size + i] = self.memory[old * self.size + i]
            pages[-1] = fresh
        self.memory[pages[-1] * self.size + at] = item
        self.sequences[seq] = (pages, length + 1)

    def fork(self, seq):
        pages, length = self.sequences[seq]
        handle = self.new()
        self.sequences[handle] = (pages.copy(), length)
        return handle

    def free(self, seq):
        del self.sequences[seq]

    def gather(self, seq):
        pages, length = self.sequences[seq]
        return [self.memory[pages[t // self.size] * self.size + t % self.size] for t in range(length)]
