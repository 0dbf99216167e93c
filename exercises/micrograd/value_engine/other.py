"""A second honest way: every result holds a function that passes its gradient back; a node waits for all its users."""

from math import exp, log, tanh


class Value:
    __slots__ = ("data", "grad", "parents", "pass_back")

    def __init__(self, data, parents=(), pass_back=lambda g: ()):
        self.data, self.grad = data + 0.0, 0.0
        self.parents, self.pass_back = parents, pass_back

    @staticmethod
    def of(x):
        return Value(x) if type(x) in (int, float) else x

    def __add__(self, other):
        other = Value.of(other)
        return Value(self.data + other.data, (self, other), lambda g: (g, g))

    def __sub__(self, other):
        other = Value.of(other)
        return Value(self.data - other.data, (self, other), lambda g: (g, -g))

    def __mul__(self, other):
        other = Value.of(other)
        return Value(self.data * other.data, (self, other), lambda g: (g * other.data, g * self.data))

    def __truediv__(self, other):
        other = Value.of(other)
        q = self.data / other.data
        return Value(q, (self, other), lambda g: (g / other.data, -g * q / other.data))

    def __radd__(self, c):
        return Value(c + self.data, (self,), lambda g: (g,))

    def __rsub__(self, c):
        return Value(c - self.data, (self,), lambda g: (-g,))

    def __rmul__(self, c):
        return Value(c * self.data, (self,), lambda g: (c * g,))

    def __rtruediv__(self, c):
        return Value(c / self.data, (self,), lambda g: (-c / self.data**2 * g,))

    def __neg__(self):
        return Value(-self.data, (self,), lambda g: (-g,))

    def __pow__(self, n):
        return Value(self.data**n, (self,), lambda g: (g * n * self.data ** (n - 1),))

    def exp(self):
        out = Value(exp(self.data), (self,), lambda g: (g * out.data,))
        return out

    def log(self):
        return Value(log(self.data), (self,), lambda g: (g / self.data,))

    def tanh(self):
        out = Value(tanh(self.data), (self,), lambda g: (g * (1 - out.data**2),))
        return out

    def relu(self):
        return Value(self.data if self.data > 0 else 0, (self,), lambda g: (g if self.data > 0 else 0.0,))

    def backward(self):
        users, found = {id(self): 0}, [self]
        for node in found:  # grows while it is walked
            for parent in node.parents:
                if id(parent) not in users:
                    users[id(parent)] = 0
                    found.append(parent)
                users[id(parent)] += 1
        gathered = {id(self): 1.0}
        ready = [self]
        while ready:
            node = ready.pop()
            g = gathered[id(node)]
            node.grad = node.grad + g
            for parent, share in zip(node.parents, node.pass_back(g)):
                gathered[id(parent)] = gathered.get(id(parent), 0.0) + share
                users[id(parent)] -= 1
                if users[id(parent)] == 0:
                    ready.append(parent)
