"""Checks for honest-bench: the keys, calls, an idle device at each reading, warm-up, the median, slow Python."""

from graders.kit import holds

BUSY = "The clock was read while the device was still working."


class Device:
    """A device and a clock that exist on paper: work is put in a queue, and time passes only by work and waiting."""

    def __init__(self, draw, works, launch=2e-5, before=0.0):
        self.now = draw.number(100, 900)
        self.free = self.now + before  # when the device will have done what it was given
        self.works, self.launch = list(works), launch
        self.calls = self.busy = 0

    def fn(self):
        self.now += self.launch
        work = self.works[min(self.calls, len(self.works) - 1)]
        self.free = max(self.free, self.now) + work
        self.calls += 1

    def sync(self):
        self.now = max(self.now, self.free)

    def clock(self):
        self.busy += self.free > self.now
        return self.now


def works(draw, count, low=0.004, high=0.02):
    """Different lengths of work, in seconds."""
    return [draw.number(low, high) for _ in range(count)]


def alike(draw, count):
    """Calls that all take the same time: which of them is told makes no difference."""
    return works(draw, 1) * count


def run(submission, device, warmup, iters, tokens):
    return submission.bench(device.fn, device.sync, device.clock, warmup, iters, tokens)


def test_result(submission, draw, observe):
    """On a device that does not run ahead, one call gives its time and its rate, under two names"""
    tokens = draw.integer(100, 5000)
    device = Device(draw, [0.0], launch=draw.number(0.01, 0.09))
    observe("bench(…, warmup=0, iters=1)", run(submission, device, 0, 1, tokens))


def test_calls(submission, draw, observe):
    """fn is called warmup + iters times"""
    for warmup, iters in ((0, 3), (2, 1), tuple(draw.sizes(2, low=3))):
        device = Device(draw, [0.0], launch=0.01)
        run(submission, device, warmup, iters, 10)
        observe(f"calls of fn with warmup={warmup}, iters={iters}", device.calls)


def test_waits_for_the_end(submission, draw, observe):
    """The clock is not stopped before the device has done the work"""
    device = Device(draw, alike(draw, 1))
    observe("bench of one call", run(submission, device, 0, 1, draw.integer(100, 5000)))
    device = Device(draw, alike(draw, 5))
    observe("bench of five calls", run(submission, device, 0, 5, draw.integer(100, 5000)))
    observe("no reading while it works", device.busy == 0, holds("is_true", BUSY))


def test_waits_for_the_start(submission, draw, observe):
    """The clock is not started before the device has done what came before"""
    device = Device(draw, alike(draw, 1), before=draw.number(0.5, 2))
    observe("bench of one call, behind other work", run(submission, device, 0, 1, draw.integer(100, 5000)))
    for warmup, iters in ((2, 1), (3, 7)):
        device = Device(draw, alike(draw, warmup + iters), before=0.3)
        observe(f"bench with warmup={warmup}, iters={iters}", run(submission, device, warmup, iters, 99))
        observe(f"no reading while it works, {iters} timed", device.busy == 0, holds("is_true", BUSY))


def test_warmup(submission, draw, observe):
    """The warm-up does not count, however slow it is"""
    for warmup, iters in ((1, 1), (3, 2), (4, 3)):
        slow = works(draw, warmup, 3, 9)
        device = Device(draw, slow + alike(draw, iters))
        observe(f"bench with {warmup} slow calls, then {iters}", run(submission, device, warmup, iters, 777))


def test_median(submission, draw, observe):
    """Of several times it tells the median, whatever one interrupted call took; of an even number, between the two"""
    for iters in (5, 4, 2, 9):
        times = works(draw, iters)
        times[draw.integer(0, iters - 1)] = draw.number(2, 5)
        device = Device(draw, works(draw, 2) + times)
        observe(f"bench of {iters} calls, one interrupted", run(submission, device, 2, iters, draw.integer(10, 999)))


def test_slow_python(submission, draw, observe):
    """Where Python needs longer to give the work than the device to do it, Python's time counts"""
    device = Device(draw, works(draw, 7, 1e-5, 1e-4), launch=draw.number(0.002, 0.005))
    observe("bench of a slow program", run(submission, device, 2, 5, 123))
