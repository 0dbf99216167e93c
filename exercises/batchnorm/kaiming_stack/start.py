"""A start for deep stacks: weights drawn so that the signal keeps its size, layer after layer."""

from torch import nn


def init_stack_(linears: list[nn.Linear], nonlinearity: str) -> None:
    """Draw the weights of each layer anew, in place, with mean 0 and a spread of gain / √fan_in; biases become zero.

    linears: layers of any sizes; a weight is [out, in], and fan_in is how many inputs each output adds up; some layers
        may have no bias
    nonlinearity: what stands behind each layer: "linear" (nothing; gain 1), "relu" (gain √2) or "tanh" (gain 5/3)

    The draw is normal or uniform, as you like, and another one for each layer. The parameters stay the same objects,
    so that an optimizer that already holds them goes on.

    Example: for nn.Linear(200, 50) and "relu" the weights have the spread √2 / √200 = 0.1.
    """
    raise NotImplementedError  # TODO
