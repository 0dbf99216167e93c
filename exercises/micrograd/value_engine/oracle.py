"""The oracle: torch in float64 does the work; grad is read off a tensor that hangs beside each number."""

import torch


class Value:
    def __init__(self, data):
        self.t = data if isinstance(data, torch.Tensor) else torch.tensor(float(data), dtype=torch.float64)
        if not self.t.requires_grad:
            self.t.requires_grad_()
        self.t.retain_grad()

    @property
    def data(self):
        return self.t.item()

    @property
    def grad(self):
        return 0.0 if self.t.grad is None else self.t.grad.item()

    def __add__(self, other):
        return Value(self.t + (other.t if isinstance(other, Value) else other))

    def __mul__(self, other):
        return Value(self.t * (other.t if isinstance(other, Value) else other))

    __radd__, __rmul__ = __add__, __mul__

    def __sub__(self, other):
        return Value(self.t - (other.t if isinstance(other, Value) else other))

    def __truediv__(self, other):
        return Value(self.t / (other.t if isinstance(other, Value) else other))

    def __rsub__(self, other):
        return Value(other - self.t)

    def __rtruediv__(self, other):
        return Value(other / self.t)

    def __neg__(self):
        return Value(-self.t)

    def __pow__(self, n):
        return Value(self.t**n)

    def tanh(self):
        return Value(self.t.tanh())

    def exp(self):
        return Value(self.t.exp())

    def log(self):
        return Value(self.t.log())

    def relu(self):
        return Value(self.t.relu())

    def backward(self):
        self.t.backward()
