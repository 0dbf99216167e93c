"""The oracle: NumPy behind the names that the questions use; torch is never loaded."""

import numpy as np


class Table:
    """An array that answers to a tensor's method names."""

    def __init__(self, data):
        self.data = data

    def view(self, *shape):
        return Table(np.reshape(self.data, shape, copy=False))  # raises where it would have to copy

    def reshape(self, *shape):
        return Table(np.reshape(self.data, shape))

    def t(self):
        return Table(self.data.T)

    def transpose(self, a, b):
        return Table(np.swapaxes(self.data, a, b))

    def permute(self, *order):
        return Table(np.transpose(self.data, order))

    def squeeze(self, dim=None):
        if dim is not None and self.data.shape[dim] != 1:
            return self
        return Table(np.squeeze(self.data, dim))

    def expand(self, *shape):
        own = (1,) * (len(shape) - self.data.ndim) + self.data.shape
        return Table(np.broadcast_to(self.data, [o if s == -1 else s for o, s in zip(own, shape, strict=True)]))

    def __getitem__(self, index):
        return Table(self.data[index])

    def __add__(self, other):
        return Table(self.data + other.data)

    def __mul__(self, other):
        return Table(self.data * other.data)

    def __matmul__(self, other):
        return Table(self.data @ other.data)


class torch:
    """The names of torch that the questions use."""

    class nn:
        @staticmethod
        def Linear(d_in, d_out):
            return lambda x: Table(x.data @ np.zeros((d_in, d_out)))

    @staticmethod
    def zeros(*shape):
        return Table(np.zeros(shape))

    @staticmethod
    def cat(parts, dim):
        return Table(np.concatenate([p.data for p in parts], dim))

    @staticmethod
    def stack(parts, dim):
        return Table(np.stack([p.data for p in parts], dim))

    @staticmethod
    def einsum(text, *parts):
        return Table(np.einsum(text, *(p.data for p in parts)))


def answers():
    found = []
    for question in QUESTIONS:
        *lines, asked = question.splitlines()
        names = {"torch": torch}
        exec("\n".join(lines), names)
        try:
            found.append(list(eval(asked, names).data.shape))
        except ValueError:
            found.append("error")
    return found
