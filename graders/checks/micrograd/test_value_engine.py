"""Checks for value-engine: values, slopes of one operation after the other, reuse, order, and graphs of any shape."""

from graders.kit import holds


def plain(x):
    """A float as it is, also one of numpy's."""
    return float(x) if isinstance(x, float) else x


def slopes(observe, name, y, **leaves):
    """Walk back from y; observe its value and the grad of each leaf."""
    value = plain(y.data)
    y.backward()
    observe(f"data of {name}", value)
    observe(f"grads after y = {name}; y.backward()", {n: plain(v.grad) for n, v in leaves.items()})


def away(draw, low=0.4, high=2.5):
    """A number of either sign, not near 0."""
    return draw.number(low, high) * draw.random.choice([1, -1])


def grow(draw, pool, steps, operations):
    """Make new Values out of those in the pool, each from one or two that stand anywhere in it."""
    for _ in range(steps):
        operation = draw.random.choice(operations)
        pool.append(operation(draw.random.choice(pool[-4:]), draw.random.choice(pool), round(away(draw), 3)))
    return pool


PLAIN = [
    lambda a, b, c: a + b,
    lambda a, b, c: a * c + b,
    lambda a, b, c: b * c + a,
    lambda a, b, c: (a * b) * 0.3,
    lambda a, b, c: c + a * b * 0.2,
]
ALL = [
    *PLAIN,
    lambda a, b, c: a - b,
    lambda a, b, c: c - a,
    lambda a, b, c: (a * b).tanh(),
    lambda a, b, c: a / (b * b + 1.5),
    lambda a, b, c: c / (a.tanh() + 2),
    lambda a, b, c: (-a).tanh().exp() - b / 3,
    lambda a, b, c: (a * a + 0.7).log() + b,
    lambda a, b, c: (a + c).relu() + b.tanh() ** 2,
    lambda a, b, c: (a.tanh() + 1.8) ** -1.5,
]


def test_birth(submission, draw, observe):
    """data and grad are floats, grad is 0.0; so it is for the results of operations"""
    whole, broken = draw.integer(2, 9), draw.number(0.5, 3)
    for number in (whole, -broken):
        v = submission.Value(number)
        observe(f"data and grad of Value({number:.4g})", [plain(v.data), plain(v.grad)])
    v = submission.Value(whole) * submission.Value(3)
    is_one = isinstance(v, submission.Value)
    observe("Value * Value is a Value", is_one, holds("is_true", "Value * Value is not a Value."))
    observe("data and grad of the product", [plain(v.data), plain(v.grad)])


def test_values(submission, draw, observe):
    """Each operation on Values gives the right number, and leaves its operands alone"""
    x, y = away(draw), draw.number(0.4, 2.5)
    a, b = submission.Value(x), submission.Value(y)
    results = {"a + b": a + b, "a - b": a - b, "a * b": a * b, "a / b": a / b, "-a": -a, "b - a": b - a}
    results |= {"a ** 2": a**2, "a ** -1": a**-1, "b ** 0.5": b**0.5, "a.tanh()": a.tanh(), "a.exp()": a.exp()}
    results |= {"b.log()": b.log(), "b.relu()": b.relu(), "(-b).relu()": (-b).relu()}
    for name, result in results.items():
        observe(f"data of {name}", plain(result.data))
    observe("a and b afterwards", [plain(n) for n in (a.data, a.grad, b.data, b.grad)])


def test_plain_numbers(submission, draw, observe):
    """A plain number may stand on either side of + - * /"""
    for c in (draw.integer(2, 9), -draw.number(0.5, 3)):
        a = submission.Value(away(draw))
        results = {"a + c": a + c, "a - c": a - c, "a * c": a * c, "a / c": a / c}
        results |= {"c + a": c + a, "c - a": c - a, "c * a": c * a, "c / a": c / a}
        for name, result in results.items():
            observe(f"data of {name}, c = {c:.4g}", plain(result.data))
    numbers = [submission.Value(away(draw)) for _ in range(3)]
    observe("data of Python's sum([a, b, c])", plain(sum(numbers).data))


def test_slopes(submission, draw, observe):
    """The slopes of a sum are 1 and 1, those of a product the other factor"""
    for name in ("a + b", "a * b", "b * a"):
        a, b = (submission.Value(away(draw)) for _ in range(2))
        slopes(observe, name, eval(name, {"a": a, "b": b}), a=a, b=b)
    a, c = submission.Value(away(draw)), draw.integer(2, 9)
    slopes(observe, f"{c} * a + {c + 1}", c * a + (c + 1), a=a)
    alone = submission.Value(away(draw))
    slopes(observe, "a alone", alone, a=alone)


def test_chain(submission, draw, observe):
    """Through several operations the slopes multiply; the Values in between have theirs too"""
    a, b, c, d = (submission.Value(away(draw)) for _ in range(4))
    product = a * b
    total = product + c
    slopes(observe, "(a * b + c) * d", total * d, a=a, b=b, c=c, d=d, product=product, total=total)
    a, b, c, d = (submission.Value(away(draw)) for _ in range(4))
    slopes(observe, "a * (b * (c + d))", a * (b * (c + d)), a=a, b=b, c=c, d=d)


def test_minus(submission, draw, observe):
    """What is subtracted has slope -1"""
    for name in ("a - b", "b - a", "-a * b", "(a - b) * (3 - c)", "(c - 2) * (1.5 - b)", "a * -(b - c)"):
        a, b, c = (submission.Value(away(draw) + 5) for _ in range(3))
        slopes(observe, name, eval(name, {"a": a, "b": b, "c": c}), a=a, b=b, c=c)


def test_power(submission, draw, observe):
    """The power rule, for whole, negative and broken exponents"""
    for n in (2, 3, 1, -1, -2, draw.integer(4, 6)):
        a, b = submission.Value(away(draw)), submission.Value(away(draw))
        slopes(observe, f"a ** {n} * b", a**n * b, a=a, b=b)
    for n in (0.5, -0.5, 2.7):
        a = submission.Value(draw.number(0.5, 3))
        slopes(observe, f"a ** {n}", a**n, a=a)
    a = submission.Value(0)
    slopes(observe, "a ** 2 at 0", a**2, a=a)


def test_division(submission, draw, observe):
    """Both parts of a quotient have the right slope"""
    for name in ("a / b", "b / a", "a / 4", "3 / a", "a * b / c", "(a / b) / (2.5 / c)"):
        a, b, c = (submission.Value(away(draw)) for _ in range(3))
        slopes(observe, name, eval(name, {"a": a, "b": b, "c": c}), a=a, b=b, c=c)


def test_functions(submission, draw, observe):
    """tanh, exp and log"""
    for name in ("tanh", "exp", "log"):
        x = draw.number(1.3, 2.2) if name == "log" else away(draw, high=1.2)
        a, b = submission.Value(x), submission.Value(away(draw))
        slopes(observe, f"a.{name}() * b", getattr(a, name)() * b, a=a, b=b)
    a, b = submission.Value(draw.number(0.4, 1)), submission.Value(away(draw))
    slopes(observe, "(a.exp() + b.tanh()).log()", (a.exp() + b.tanh()).log(), a=a, b=b)


def test_relu(submission, draw, observe):
    """relu passes the gradient on above 0, and nothing at 0 and below"""
    for x in (draw.number(0.2, 0.8), draw.number(1.5, 3), -draw.number(0.5, 3), 0):
        a, b = submission.Value(x), submission.Value(away(draw))
        slopes(observe, f"a.relu() * b at a = {x:.4g}", a.relu() * b, a=a, b=b)


def test_reuse(submission, draw, observe):
    """What is used several times gets the sum of all its contributions"""
    for name in ("a + a", "a * a", "a * b + a", "a * a * a + 2 * a", "(a + b) * (a - b)", "a / a.exp() + a.tanh()"):
        a, b = (submission.Value(away(draw, high=1.2)) for _ in range(2))
        slopes(observe, name, eval(name, {"a": a, "b": b}), a=a, b=b)


def test_order(submission, draw, observe):
    """A result in between that is used several times is complete before it passes anything on"""
    a, c = submission.Value(away(draw)), submission.Value(away(draw, high=1.2))
    b = a * c
    slopes(observe, "b * b + b with b = a * c", b * b + b, a=a, c=c, b=b)
    for name in ("e * b", "b * e", "e + b * 3", "(b + e) * d"):
        a, c = submission.Value(away(draw)), submission.Value(away(draw, high=1.2))
        b = a * c * 0.5
        d = b.tanh()
        e = d.exp()
        y = eval(name, {"b": b, "d": d, "e": e})
        slopes(observe, f"{name} with b = a * c * 0.5, d = b.tanh(), e = d.exp()", y, a=a, c=c, b=b, d=d)
    for _ in range(2):
        pool = grow(draw, [submission.Value(away(draw)) for _ in range(3)], 8, PLAIN)
        slopes(observe, "eight steps of + and *", pool[-1] + pool[-2], **{f"v{i}": v for i, v in enumerate(pool)})


def test_adds_up(submission, draw, observe):
    """A number in two graphs has the sum of both slopes"""
    a, b = submission.Value(away(draw)), submission.Value(away(draw))
    slopes(observe, "a * b, the first graph", a * b, a=a, b=b)
    slopes(observe, "a * a + 3 * b, the second", a * a + 3 * b, a=a, b=b)


def test_ladder(submission, draw, observe):
    """Forty steps that each use the one before twice: 2 to the power of 40 paths, in no time"""
    p = draw.number(0.3, 0.7)
    a = submission.Value(away(draw))
    x = a
    for _ in range(40):
        x = x * p + x * (1.02 - p)
    slopes(observe, "40 times x = x * p + x * q", x, a=a)
    a = submission.Value(1)
    x = a
    for _ in range(40):
        x = x + x
    slopes(observe, "40 times x = x + x", x, a=a)


def test_long_chain(submission, draw, observe):
    """A chain of 300 operations"""
    a, c = submission.Value(away(draw)), draw.number(0.1, 0.3)
    x = a
    for step in range(300):
        x = x * 1.01 if step % 2 else x + c
    slopes(observe, "300 operations in a row", x, a=a)


def test_random(submission, draw, observe):
    """Random graphs of all operations"""
    for _ in range(8):
        pool = grow(draw, [submission.Value(round(away(draw), 3)) for _ in range(3)], 14, ALL)
        y = pool[-1] * pool[-2] + pool[-3]
        slopes(observe, "a random graph", y, **{f"v{i}": v for i, v in enumerate(pool)})
