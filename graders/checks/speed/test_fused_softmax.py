"""Checks for fused-softmax: touched memory, values, wide rows, rows apart, extremes, traffic, the input, the device."""

from contextlib import contextmanager

import numpy as np

from graders.kit import holds

READS = "The kernel reads memory that is not x: past the end of a row. On a GPU that is somebody else's, or a crash."
WRITES = "The kernel writes to memory that is not the result. Who lives there?"
HOLES = "Some places of the result were never written: there stands what was in that memory before."
ONCE = "Not every number of x is read exactly once."
STORED = "Not every result is written exactly once."
LAUNCHED = "The kernel was not launched exactly once."


class Traffic:
    """What kernels read and wrote, in numbers of places."""

    def __init__(self):
        self.launches, self.read, self.written, self.read_outside, self.written_outside = 0, 0, 0, 0, 0
        self.places = np.zeros(0, dtype=np.int64)

    def legal(self, addresses, wanted):
        return wanted & np.isin(addresses.astype(np.int64), self.places)


def places(tensor):
    """The address of every entry of a tensor."""
    at = np.full(1, tensor.data_ptr(), dtype=np.int64)
    for size, stride in zip(tensor.shape, tensor.stride(), strict=True):
        at = (at[:, None] + np.arange(size) * stride * tensor.element_size()).ravel()
    return at


@contextmanager
def watched():
    """Triton's interpreter, with its reads and writes counted; those outside of all tensors do not happen."""
    from triton.runtime.interpreter import GridExecutor, InterpreterBuilder, TensorHandle

    traffic = Traffic()
    load, store = InterpreterBuilder.create_masked_load, InterpreterBuilder.create_masked_store
    begin = GridExecutor._init_args_hst

    def counted_begin(self, args, kwargs):
        traffic.launches += 1
        if any(getattr(a, "is_meta", False) for a in (*args, *kwargs.values())):
            raise TypeError("no data")
        found = [places(a) for a in (*args, *kwargs.values()) if hasattr(a, "data_ptr")]
        traffic.places = np.concatenate([traffic.places, *found])
        return begin(self, args, kwargs)

    def counted_load(self, ptrs, mask, other, *more, **kw):
        legal = traffic.legal(ptrs.data, mask.data.astype(bool))
        traffic.read += int(legal.sum())
        traffic.read_outside += int(mask.data.astype(bool).sum()) - int(legal.sum())
        return load(self, ptrs, TensorHandle(legal, mask.dtype), other, *more, **kw)

    def counted_store(self, ptrs, value, mask, *more, **kw):
        legal = traffic.legal(ptrs.data, mask.data.astype(bool))
        traffic.written += int(legal.sum())
        traffic.written_outside += int(mask.data.astype(bool).sum()) - int(legal.sum())
        return store(self, ptrs, value, TensorHandle(legal, mask.dtype), *more, **kw)

    InterpreterBuilder.create_masked_load, InterpreterBuilder.create_masked_store = counted_load, counted_store
    GridExecutor._init_args_hst = counted_begin
    try:
        yield traffic
    finally:
        InterpreterBuilder.create_masked_load, InterpreterBuilder.create_masked_store = load, store
        GridExecutor._init_args_hst = begin


def apart(draw, rows, columns, gap):
    """[rows, columns] whose rows lie further apart than they are long."""
    return draw.normal(rows, columns + gap)[:, :columns]


def test_shape(submission, draw, observe):
    """[R, C] float32, contiguous"""
    rows, columns = draw.integer(3, 6), draw.integer(9, 15)
    with watched():
        out = submission.fused_softmax(draw.normal(rows, columns))
    observe("shape", tuple(out.shape))
    observe("dtype", str(out.dtype))
    observe("contiguous", out.is_contiguous())


def test_memory(submission, draw, observe):
    """Nothing beside x is read, nothing beside the result is written"""
    for gap in (0, draw.integer(1, 4)):
        x = apart(draw, draw.integer(3, 6), draw.integer(9, 15), gap)
        with watched() as traffic:
            submission.fused_softmax(x)
        name = "rows side by side" if not gap else "rows apart"
        observe(f"places read outside, {name}", traffic.read_outside == 0, holds("is_true", READS))
        observe(f"places written outside, {name}", traffic.written_outside == 0, holds("is_true", WRITES))


def test_values(submission, draw, observe):
    """Each row's softmax, also of one column, and where C is a power of 2"""
    for rows, columns in ((draw.integer(3, 6), draw.integer(9, 15)), (5, 16), (draw.integer(2, 4), 1), (1, 7)):
        with watched():
            observe(f"[{rows}, {columns}]", submission.fused_softmax(draw.normal(rows, columns, scale=2.0)))
    with watched():
        observe("all far below 0", submission.fused_softmax(draw.normal(4, 11, mean=-30.0)))


def test_wide(submission, draw, observe):
    """Rows of more than a thousand"""
    x = draw.normal(3, draw.integer(1100, 2000))
    with watched() as traffic:
        out = submission.fused_softmax(x)
    whole = traffic.launches == 0 or traffic.written >= x.numel()
    observe("every place of the result is written", whole, holds("is_true", HOLES))
    observe("wide rows", out)


def test_apart(submission, draw, observe):
    """Rows that lie further apart than they are long"""
    with watched():
        observe("rows apart", submission.fused_softmax(apart(draw, draw.integer(3, 6), draw.integer(9, 15), 5)))


def test_extremes(submission, draw, observe):
    """Large entries and -inf"""
    x = draw.normal(4, 13, scale=30.0)
    x[0] += 500.0
    x[1] -= 500.0
    x[2, draw.integer(0, 5) :] = -float("inf")
    x[2, 0] = 1.5
    with watched():
        observe("large and -inf", submission.fused_softmax(x))


def test_traffic(submission, draw, observe):
    """One launch; each number read once, each result written once"""
    x = apart(draw, draw.integer(3, 6), draw.integer(9, 15), 2)
    with watched() as traffic:
        submission.fused_softmax(x)
    observe("one launch", traffic.launches == 1, holds("is_true", LAUNCHED))
    observe("read once", traffic.read == x.numel(), holds("is_true", ONCE))
    observe("written once", traffic.written == x.numel(), holds("is_true", STORED))


def test_input(submission, draw, observe):
    """x stays as it is"""
    with watched():
        observe.call("fused_softmax(x)", submission.fused_softmax, draw.normal(5, 12))


def test_device(submission, draw, observe):
    """The result is made where x is"""
    with watched():
        observe.stays_on_device("fused_softmax(x)", submission.fused_softmax, draw.normal(4, 9))
