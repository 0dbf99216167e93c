"""The reference: count the windows once, then cut two slices for each."""

from torch.utils.data import Dataset


class TokenWindows(Dataset):
    def __init__(self, tokens, T, stride=None):
        self.tokens, self.T, self.stride = tokens, T, stride or T

    def __len__(self):
        n = len(self.tokens)
        return (n - self.T - 1) // self.stride + 1 if n > self.T else 0

    def __getitem__(self, i):
        if not -len(self) <= i < len(self):
            raise IndexError(f"window {i} of {len(self)}")
        at = i % len(self) * self.stride
        return self.tokens[at : at + self.T], self.tokens[at + 1 : at + self.T + 1]
