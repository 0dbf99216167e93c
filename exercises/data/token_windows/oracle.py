"""The oracle: all beginnings in a list, found by trying each of them; views by narrow."""

from torch.utils.data import Dataset


class TokenWindows(Dataset):
    def __init__(self, tokens, T, stride=None):
        step = T if stride is None else stride
        self.tokens, self.T = tokens, T
        self.starts = [s for s in range(0, len(tokens), step) if s + T < len(tokens)]

    def __len__(self):
        return len(self.starts)

    def __getitem__(self, i):
        s = self.starts[i]
        return self.tokens.narrow(0, s, self.T), self.tokens.narrow(0, s + 1, self.T)
