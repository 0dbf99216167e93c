"""Checks for tool-loop: text and stop, calls, what the model sees, one call each, failures, and the limit."""

import copy

from graders.kit import holds

ONCE = "The calls that the tools have seen are not those that the model asked for, once each."
STOP = {"stop": True}


class Script:
    """A model that says what its script says, one after the other, and notes what it was shown.

    An obstinate one says its last line 20 times more, and only then stops.
    """

    def __init__(self, lines, obstinate=False):
        self.lines = [*lines, *[lines[-1]] * 20, STOP] if obstinate else list(lines)
        self.shown = []

    def __call__(self, transcript):
        self.shown.append(copy.deepcopy(transcript))
        if len(self.shown) > len(self.lines):
            raise RuntimeError("the model was asked again after it had ended")
        return copy.deepcopy(self.lines[len(self.shown) - 1])


class Shop:
    """Tools that note their calls."""

    def __init__(self, draw):
        self.calls = []
        self.sent = f"mail {draw.integer(10, 99)}"
        self.tools = {"minus": self.minus, "find": self.find, "nothing": self.nothing, "page": self.page,
                      "mail": self.mail, "fail": self.fail}  # fmt: skip

    def minus(self, a, b):
        self.calls.append(["minus", a, b])
        return a - b

    def find(self, key, places=()):
        self.calls.append(["find", key])
        return {"key": key, "at": list(places)}

    def nothing(self):
        self.calls.append(["nothing"])

    def page(self):
        self.calls.append(["page"])
        return {"tool": "mail", "args": {"to": "somebody"}}

    def mail(self, to):
        self.calls.append(["mail", to])
        return self.sent

    def fail(self, kind):
        self.calls.append(["fail", kind])
        raise {"value": ValueError, "key": KeyError, "file": FileNotFoundError, "any": Exception}[kind]("no such thing")


def ask(name, **args):
    return {"tool": name, "args": args}


def say(draw):
    return {"text": f"{draw.random.choice(['Well', 'Now', 'So'])} {draw.integer(100, 999)}."}


def plain(transcript):
    """The transcript with the free words of errors taken out."""
    if not isinstance(transcript, list):
        return transcript
    seen = []
    for entry in transcript:
        content = entry["content"]
        if entry["role"] == "tool" and isinstance(content, str) and content.startswith("error"):
            entry = {**entry, "content": "error"}
        seen.append(entry)
    return seen


def run(submission, draw, lines, max_calls=9, obstinate=False):
    """The transcript, the model and the tools of one conversation."""
    model, shop = Script(lines, obstinate), Shop(draw)
    out = submission.run(model, shop.tools, f"Question {draw.integer(100, 999)}?", max_calls)
    return plain(out), model, shop


def test_text(submission, draw, observe):
    """Pieces of text become entries of the assistant; stop ends and adds nothing"""
    for pieces in (1, 3, 0):
        out, model, _ = run(submission, draw, [say(draw) for _ in range(pieces)] + [STOP])
        observe(f"{pieces} pieces of text: the transcript", out)
        observe("how often the model was asked", len(model.shown))


def test_call(submission, draw, observe):
    """A request: the assistant's entry with the request, then the tool's with the result as text"""
    a, b = draw.integer(10, 99), draw.integer(100, 999)
    requests = [ask("minus", b=b, a=a), ask("find", key=a), ask("nothing"), ask("minus", a=b, b=b)]
    requests.append(ask("find", places=[a, b], key="x"))
    for request in requests:
        out, *_ = run(submission, draw, [request, say(draw), STOP])
        observe(f"{request}: the transcript", out)
    out, *_ = run(submission, draw, [say(draw), *requests, say(draw), STOP])
    observe("several, among text: the transcript", out)


def test_sees(submission, draw, observe):
    """At every step the model sees all entries so far"""
    lines = [say(draw), ask("minus", a=draw.integer(1, 9), b=3), ask("find", key=draw.integer(1, 9)), say(draw), STOP]
    _, model, _ = run(submission, draw, lines)
    observe("what the model was shown", [plain(each) for each in model.shown])


def test_once(submission, draw, observe):
    """Each request is carried out once; what a tool returns is never taken for a request"""
    a = draw.integer(1, 99)
    lines = [ask("mail", to=f"person {a}"), ask("mail", to=f"person {a}"), ask("page"), say(draw), STOP]
    out, _, shop = run(submission, draw, lines)
    asked = [["mail", f"person {a}"], ["mail", f"person {a}"], ["page"]]
    observe("calls made", shop.calls == asked, holds("is_true", ONCE))
    observe("the transcript", out)


def test_unknown(submission, draw, observe):
    """A tool that does not exist: an error for the model, and the loop goes on"""
    lines = [ask(f"mnius{draw.integer(1, 9)}", a=1, b=2), ask("minus", a=draw.integer(5, 9), b=2), say(draw), STOP]
    out, model, shop = run(submission, draw, lines)
    observe("the transcript", out)
    observe("how often the model was asked", len(model.shown))
    observe("calls made", shop.calls)


def test_raising(submission, draw, observe):
    """A tool that raises, or cannot take its arguments: an error for the model, and the loop goes on"""
    lines = [ask("fail", kind="value"), ask("fail", kind="key"), ask("fail", kind="file"), ask("fail", kind="any")]
    lines += [ask("minus", a=1), ask("minus", a=1, b=2, c=3), ask("minus", a="x", b=draw.integer(1, 9))]
    out, _, shop = run(submission, draw, [*lines, ask("minus", a=draw.integer(5, 9), b=1), say(draw), STOP], 20)
    observe("the transcript", out)
    observe("calls made", [each[0] for each in shop.calls])


def test_model_raises(submission, draw, observe):
    """What the model itself raises reaches the caller"""

    def broken(transcript):
        raise OSError("the server is gone")

    observe.raises("run(a model that raises, …)", submission.run, broken, {}, "Hello?", 3)
    late = Script([say(draw), ask("minus", a=5, b=draw.integer(1, 4))])
    observe.raises("run(a model that raises later, …)", submission.run, late, Shop(draw).tools, "Hello?", 3)


def test_limit(submission, draw, observe):
    """At most max_calls requests are carried out, failed ones count; the next gets an error, and that is the end"""
    for limit in (3, 1, 0):
        request = ask("minus", a=draw.integer(10, 99), b=draw.integer(1, 9))
        out, model, shop = run(submission, draw, [request], limit, obstinate=True)
        observe(f"asks for ever, max_calls={limit}: the transcript", out)
        observe("calls made, times asked", [len(shop.calls), len(model.shown)])
    lines = [say(draw), ask("nothing"), say(draw), say(draw), ask("nothing"), say(draw), STOP]
    out, *_ = run(submission, draw, lines, 2)
    observe("as many requests as are allowed, among text: the transcript", out)
    out, _, shop = run(submission, draw, [ask("fail", kind="key"), ask("other"), ask("nothing")], 2, obstinate=True)
    observe("failed ones, then another, max_calls=2: the transcript", out)
    observe("calls made", shop.calls)
    out, _, shop = run(submission, draw, [ask("other")], 4, obstinate=True)
    observe("a tool that does not exist, for ever: the transcript", out)
