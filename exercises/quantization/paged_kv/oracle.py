"""The oracle: every sequence is a list of items and a list of marks; the blocks in use are the different marks."""


class BlockAllocator:
    def __init__(self, n, size):
        self.n, self.size, self.made = n, size, 0
        self.items, self.marks = {}, {}

    def _mark(self):
        if len({m for marks in self.marks.values() for m in marks}) == self.n:
            raise RuntimeError("full")
        self.made += 1
        return self.made

    def new(self):
        self.made += 1
        self.items[self.made], self.marks[self.made] = [], []
        return self.made

    def append(self, seq, item):
        items, marks = self.items[seq], self.marks[seq]
        if len(items) % self.size == 0:
            marks.append(self._mark())
        elif sum(marks[-1] in other for other in self.marks.values()) > 1:
            marks[-1] = self._mark()
        items.append(item)

    def fork(self, seq):
        items, marks = self.items[seq], self.marks[seq]
        other = self.new()
        self.items[other], self.marks[other] = list(items), list(marks)
        return other

    def free(self, seq):
        del self.items[seq], self.marks[seq]

    def gather(self, seq):
        return list(self.items[seq])
