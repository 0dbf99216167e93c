"""The oracle: a scalar autograd engine of forty lines that never loads torch."""

import math


class Value:
    """A number that remembers where it came from."""

    def __init__(self, data, parents=(), requires_grad=False):
        self.data, self.parents = data, parents  # parents: (value, local slope) pairs
        self.requires_grad = requires_grad or any(p.requires_grad for p, _ in parents)
        self.keeps = requires_grad
        self.grad = None

    def __add__(self, other):
        other = as_value(other)
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = as_value(other)
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def __sub__(self, other):
        return self + as_value(other) * -1.0

    __radd__, __rmul__ = __add__, __mul__

    def detach(self):
        return Value(self.data)

    def retain_grad(self):
        self.keeps = True

    def zero_(self):
        self.data = 0.0

    def backward(self, retain_graph=False):
        self.receive(1.0)

    def receive(self, slope):
        """Every path to a leaf brings its own product of slopes; they are added."""
        if not self.requires_grad:
            return
        if self.keeps:
            self.grad = Value((self.grad.data if self.grad else 0.0) + slope)
        for parent, local in self.parents:
            parent.receive(slope * local)


def as_value(x):
    return x if isinstance(x, Value) else Value(float(x))


class torch:
    """The three names of torch that the questions use."""

    @staticmethod
    def tensor(data, requires_grad=False):
        return Value(data, requires_grad=requires_grad)

    @staticmethod
    def tanh(x):
        t = math.tanh(x.data)
        return Value(t, ((x, 1 - t * t),))


def answers():
    found = []
    for question in QUESTIONS:
        *lines, asked = question.splitlines()
        names = {"torch": torch}
        exec("\n".join(lines), names)
        grad = eval(asked, names)
        found.append(None if grad is None else grad.data)
    return found
