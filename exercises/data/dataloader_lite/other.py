"""A second honest way: a global token position, wrapped before reading; the batches cut out with index arithmetic."""

import torch


class DataLoaderLite:
    def __init__(self, tokens, B, T, rank=0, world=1):
        if tokens.numel() <= world * B * T:
            raise ValueError("the stream is shorter than one step")
        self.data = tokens.clone()
        self.places = rank * B * T + torch.arange(B * T).reshape(B, T)
        self.jump = world * B * T
        self.reset()

    def reset(self):
        self.at = 0

    def next_batch(self):
        if self.at + self.jump + 1 > self.data.numel():
            self.at = 0
        x, y = self.data[self.at + self.places], self.data[self.at + self.places + 1]
        self.at += self.jump
        return x, y

    def state_dict(self):
        return dict(at=torch.tensor(self.at))

    def load_state_dict(self, state):
        self.at = int(state["at"])
