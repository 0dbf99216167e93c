"""The reference: each result keeps its parents and its slope by each; the walk goes from the last to the first."""

import math


def lift(x):
    """Plain numbers become Values."""
    return x if isinstance(x, Value) else Value(x)


class Value:
    def __init__(self, data, made_from=()):
        self.data = float(data)
        self.grad = 0.0
        self.made_from = made_from  # pairs (parent, slope of this by that parent)

    def __add__(self, other):
        other = lift(other)
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = lift(other)
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def __pow__(self, n):
        return Value(self.data**n, ((self, n * self.data ** (n - 1)),))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -lift(other)

    def __truediv__(self, other):
        return self * lift(other) ** -1

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other):
        return lift(other) - self

    def __rtruediv__(self, other):
        return lift(other) / self

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, ((self, 1 - t * t),))

    def exp(self):
        e = math.exp(self.data)
        return Value(e, ((self, e),))

    def log(self):
        return Value(math.log(self.data), ((self, 1 / self.data),))

    def relu(self):
        return Value(max(self.data, 0.0), ((self, float(self.data > 0)),))

    def backward(self):
        order, seen, todo = [], {self}, [(self, iter(self.made_from))]
        while todo:  # parents first, without recursion: a chain of any length will do
            node, parents = todo[-1]
            parent = next((p for p, _ in parents if p not in seen), None)
            if parent is None:
                order.append(node)
                todo.pop()
            else:
                seen.add(parent)
                todo.append((parent, iter(parent.made_from)))
        self.grad = 1.0
        for node in reversed(order):  # whoever uses a node stands before it
            for parent, slope in node.made_from:
                parent.grad += slope * node.grad
