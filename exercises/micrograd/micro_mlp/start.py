"""Neurons, layers, a network and its training, made of single numbers."""

import math


class Value:
    """A number with a gradient. Ours, complete for this task; put your own engine in its place if you like.

    + - * and ** take Values or plain numbers (the exponent is a plain number); tanh() bends. v.data and v.grad are
    floats. y.backward() adds to the grad of every Value that y was made from; it clears nothing.
    """

    def __init__(self, data, parents=()):
        self.data = float(data)
        self.grad = 0.0
        self.parents = parents  # pairs (parent, slope of this by that parent)

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def __pow__(self, n):
        return Value(self.data**n, ((self, n * self.data ** (n - 1)),))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -1 * other

    def __rsub__(self, other):
        return -self + other

    __radd__, __rmul__ = __add__, __mul__

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, ((self, 1 - t * t),))

    def backward(self):
        order, seen = [], set()

        def visit(v):
            if v not in seen:
                seen.add(v)
                for parent, _ in v.parents:
                    visit(parent)
                order.append(v)

        visit(self)
        self.grad = 1.0
        for v in reversed(order):
            for parent, slope in v.parents:
                parent.grad += slope * v.grad


class Neuron:
    """tanh(w[0]·x[0] + w[1]·x[1] + … + b)

    n_in: how many numbers go in

    Attributes:
    w: a list of n_in Values, each drawn uniformly from [-1, 1]
    b: a Value, somewhere in [-1, 1]
    """

    def __init__(self, n_in: int):
        raise NotImplementedError  # TODO: Python's module random draws numbers: random.uniform(-1, 1)

    def __call__(self, x: list) -> Value:
        """x: a list of n_in plain numbers or Values; returns the neuron's output."""
        raise NotImplementedError  # TODO

    def parameters(self) -> list:
        """All that is trained here, each Value once: w and b."""
        raise NotImplementedError  # TODO


class Layer:
    """n_out neurons beside each other; each sees all n_in inputs.

    Attributes:
    neurons: a list of n_out Neurons
    """

    def __init__(self, n_in: int, n_out: int):
        raise NotImplementedError  # TODO

    def __call__(self, x: list):
        raise NotImplementedError  # TODO: the outputs of all neurons; in which form is up to you

    def parameters(self) -> list:
        raise NotImplementedError  # TODO


class MLP:
    """Layers behind each other; every neuron of every layer, also of the last, has its tanh.

    n_in: how many numbers go in
    sizes: how many neurons each layer has, such as [4, 4, 1]

    Attributes:
    layers: a list of Layers

    Example: MLP(3, [4, 4, 1]) has (3 + 1)·4 + (4 + 1)·4 + (4 + 1)·1 = 41 parameters.
    """

    def __init__(self, n_in: int, sizes: list[int]):
        raise NotImplementedError  # TODO

    def __call__(self, x: list):
        """x: a list of n_in numbers. Returns a Value if the last layer has one neuron, else a list of Values."""
        raise NotImplementedError  # TODO

    def parameters(self) -> list:
        raise NotImplementedError  # TODO


def fit(mlp: MLP, xs: list[list[float]], ys: list[float], steps: int, lr: float) -> list[float]:
    """Train a network in place by gradient descent, and return the losses.

    mlp: a network with one output; its parameters' data are changed
    xs, ys: the inputs of all examples, and what the network should answer to each
    steps: how many updates to make
    lr: the learning rate
    returns: the loss before each update, as floats

    The loss is the sum over all examples of (prediction − y)². Each update uses the slopes of that step's loss alone:
    data = data − lr · grad, for every parameter at once, when all examples have been looked at.

    Example: with one example, a prediction of 0.5 and y = 1, the loss is 0.25.
    """
    raise NotImplementedError  # TODO
