"""The oracle: the formulas, without torch. Each layer is a function from an input's shape to (shape, parameters)."""


def conv(i, o, kernel_size, stride=1, padding=0, dims=1):
    def rule(shape):
        batch, _, *field = shape
        out = [(n + 2 * padding - kernel_size) // stride + 1 for n in field]
        return [batch, o, *out], o * (i * kernel_size**dims + 1)

    return rule


class nn:
    """The layers that the questions use."""

    @staticmethod
    def Linear(i, o, bias=True):
        return lambda shape: ([*shape[:-1], o], i * o + (o if bias else 0))

    @staticmethod
    def Embedding(v, d):
        return lambda shape: ([*shape, d], v * d)

    @staticmethod
    def LayerNorm(d):
        return lambda shape: (list(shape), 2 * d)

    BatchNorm1d = LayerNorm

    @staticmethod
    def Dropout(p=None):
        return lambda shape: (list(shape), 0)

    ReLU = GELU = Tanh = Dropout

    @staticmethod
    def Conv1d(i, o, **options):
        return conv(i, o, **options)

    @staticmethod
    def Conv2d(i, o, **options):
        return conv(i, o, **options, dims=2)

    @staticmethod
    def MultiheadAttention(c, n):
        return lambda shape: (list(shape), 4 * c * c + 4 * c)


class torch:
    int64 = None

    @staticmethod
    def zeros(*shape, dtype=None):
        return shape


def answers():
    found = []
    for question in QUESTIONS:
        names = {"nn": nn, "torch": torch}
        exec(question, names)
        found.append(names["layer"](names["x"]))
    return found
