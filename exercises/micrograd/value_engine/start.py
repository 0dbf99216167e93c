"""An autograd engine for single numbers, without torch."""


class Value:
    """A number that remembers what it was made from, and can pass slopes back there.

    data: an int or a float

    Attributes:
    data: the number, as a float
    grad: a float, 0.0 at first; after y.backward() it holds dy/d(this number)

    A and B are Values and c is an int or a float. Each of these is a new Value, and changes none of its operands:

    A + B   A - B   A * B   A / B   -A        and with a plain number on either side:
    A + c   A - c   A * c   A / c   c + A   c - A   c * A   c / A
    A ** c                                    (c is never a Value)
    A.tanh()   A.exp()   A.log()   A.relu()   (log is the natural one; the slope of relu at 0 is 0)

    Values and slopes are those of mathematics wherever both exist; 0 ** 2 and (-2) ** 3 do.

    A new Value knows nothing yet. Start with + and *, and try them in an expression of your own; the rest are lines.
    torch is out of bounds here; Python's module math is not.
    """

    def __init__(self, data: float):
        raise NotImplementedError  # TODO: data, grad, and whatever you want to remember; more arguments are up to you

    # TODO: the operations

    def backward(self) -> None:
        """Add to the grad of every Value that this one was made from, and of this one, the slope of this one by it.

        The slope of this one by itself is 1. Adding means: what grad held before stays in the sum. A graph may have
        hundreds of Values in a row, and Values that are used many times. backward is called once for a graph; two
        graphs have at most such Values in common as were made by Value(number).

        Example: a = Value(3); b = a * a + 2 * a; b.backward(); then b.data is 15.0 and a.grad is 8.0.
        """
        raise NotImplementedError  # TODO
