"""The reference: a step counter that is the same number on every rank; the rank only shifts where to read."""


class DataLoaderLite:
    def __init__(self, tokens, B, T, rank=0, world=1):
        self.tokens, self.B, self.T = tokens, B, T
        self.width = world * B * T
        self.offset = rank * B * T
        self.steps = (len(tokens) - 1) // self.width
        if self.steps < 1:
            raise ValueError(f"{len(tokens)} tokens are too few: one step needs {self.width + 1}")
        self.step = 0

    def next_batch(self):
        at = self.step * self.width + self.offset
        row = self.tokens[at : at + self.B * self.T + 1]  # one more than x needs: the last target
        self.step = (self.step + 1) % self.steps
        return row[:-1].view(self.B, self.T), row[1:].view(self.B, self.T)

    def reset(self):
        self.step = 0

    def state_dict(self):
        return {"step": self.step}

    def load_state_dict(self, state):
        self.step = state["step"]
