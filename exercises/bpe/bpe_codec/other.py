"""A second honest way: all merges in their order over the whole sequence, and a walk down the merges to go back."""


class BPE:
    def __init__(self, merges):
        self.merges = list(merges)

    def encode(self, text):
        ids = [*text.encode()]
        for rank, (left, right) in enumerate(self.merges):
            at = 0
            while at < len(ids) - 1:
                if ids[at] == left and ids[at + 1] == right:
                    ids[at : at + 2] = [256 + rank]
                at += 1
        return ids

    def decode(self, ids):
        out, todo = bytearray(), list(reversed(ids))
        while todo:
            i = todo.pop()
            if i < 256:
                out.append(i)
            else:
                left, right = self.merges[i - 256]
                todo += [right, left]
        return str(out, "utf-8", "replace")
