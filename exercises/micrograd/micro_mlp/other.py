"""A second honest way: an engine of closures, a base class that finds parameters, one generator for every loss."""

import math
import random
from itertools import pairwise


class Value:
    def __init__(self, data, *parents):
        self.data, self.grad, self.parents, self.tell = float(data), 0.0, parents, None

    @staticmethod
    def of(x):
        return x if isinstance(x, Value) else Value(x)

    def __add__(self, other):
        other = Value.of(other)
        out = Value(self.data + other.data, self, other)

        def tell():
            self.grad += out.grad
            other.grad += out.grad

        out.tell = tell
        return out

    def __mul__(self, other):
        other = Value.of(other)
        out = Value(self.data * other.data, self, other)

        def tell():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out.tell = tell
        return out

    __radd__, __rmul__ = __add__, __mul__

    def __sub__(self, other):
        return self + Value.of(other) * -1

    def __pow__(self, n):
        out = Value(self.data**n, self)

        def tell():
            self.grad += n * self.data ** (n - 1) * out.grad

        out.tell = tell
        return out

    def tanh(self):
        out = Value(math.tanh(self.data), self)

        def tell():
            self.grad += (1 - out.data**2) * out.grad

        out.tell = tell
        return out

    def backward(self):
        order, seen = [], set()

        def build(v):
            if v not in seen:
                seen.add(v)
                [build(p) for p in v.parents]
                order.append(v)

        build(self)
        self.grad = 1.0
        for v in order[::-1]:
            if v.tell is not None:
                v.tell()


class Module:
    def parts(self):
        return []

    def parameters(self):
        return [p for part in self.parts() for p in part.parameters()]

    def zero_grad(self):
        for p in self.parameters():
            p.grad = 0.0


class Neuron(Module):
    def __init__(self, n_in):
        self.w = [Value(random.uniform(-1.0, 1.0)) for _ in range(n_in)]
        self.b = Value(random.uniform(-1.0, 1.0))

    def __call__(self, x):
        return sum((wi * xi for wi, xi in zip(self.w, x)), self.b).tanh()

    def parameters(self):
        return [*self.w, self.b]


class Layer(Module):
    def __init__(self, n_in, n_out):
        self.neurons = [Neuron(n_in) for _ in range(n_out)]

    def __call__(self, x):
        out = [n(x) for n in self.neurons]
        return out[0] if len(out) == 1 else out

    def parts(self):
        return self.neurons


class MLP(Module):
    def __init__(self, n_in, sizes):
        self.layers = [Layer(*pair) for pair in pairwise([n_in, *sizes])]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x if isinstance(x, list) else [x])
        return x

    def parts(self):
        return self.layers


def fit(mlp, xs, ys, steps, lr):
    losses = []
    for _ in range(steps):
        loss = sum((mlp(x) - y) ** 2 for x, y in zip(xs, ys))
        loss.backward()
        losses.append(loss.data)
        for p in mlp.parameters():
            p.data += -lr * p.grad
        mlp.zero_grad()
    return losses
