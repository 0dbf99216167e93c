"""Checks for completion-api: one choice, its end, stop strings, usage, n, bad requests, no shared state, streaming."""

import copy
import itertools

from graders.kit import at_most, holds

PIECES = ["a", "b", "c", "d", "e", " ", "\n", "#", "ab", "cd", "e ", "\n#", "##", "b\n", " a", "<eos>"]
LETTERS = ["a", "b", "c", "d", "e", "ab", "cd"]
EOS = PIECES.index("<eos>")
DRAWN = "More ids were taken from the engine than were needed; each of them costs a pass of the model."
LATE = "Text that was settled long ago has not come yet: the pieces come late, or all at the end."
BAD = "This request is not in order, and must be answered with status 400, an error and no choices."
WORKED = "The request was refused, and the engine was at work all the same."
CHANGED = "The request has been written to."


class Engine:
    """An engine whose texts are written beforehand: call number i gives script number i, then noise for ever."""

    eos_id = EOS

    def __init__(self, scripts=()):
        self.scripts = [[PIECES.index(p) for p in script] for script in scripts]
        self.calls, self.drawn = [], []

    def encode(self, text):
        ids = []
        while text:
            best = max((p for p in PIECES if text.startswith(p)), key=len)
            ids.append(PIECES.index(best))
            text = text[len(best) :]
        return ids

    def decode(self, ids):
        return "".join(PIECES[i] for i in ids)

    def generate(self, ids, temperature):
        number = len(self.calls)
        self.calls.append([list(ids), temperature])
        self.drawn.append(0)
        script = self.scripts[number % len(self.scripts)] if self.scripts else []
        return self._ids(number, script)

    def _ids(self, number, script):
        noise = itertools.cycle([PIECES.index("d"), PIECES.index("ab")])
        for token in itertools.chain(script, noise):
            self.drawn[number] += 1
            if self.drawn[number] > 500:
                raise RuntimeError("500 ids were taken from the engine, and still no end")
            yield token


def words(draw, length, pieces=LETTERS):
    return [draw.random.choice(pieces) for _ in range(length)]


def prompt(draw):
    return "".join(words(draw, draw.integer(4, 9))) + "ab" * draw.integer(1, 3)


def ask(submission, observe, name, engine, **request):
    """Observe the answer; also what the engine was asked, and that the request is as it was."""
    before = copy.deepcopy(request)
    out = submission.handle(request, engine)
    observe(name, out)
    observe(f"{name}: the request stays as it was", request == before, holds("is_true", CHANGED))
    return out


def test_one_choice(submission, draw, observe):
    """One choice of max_tokens ids, 16 if nothing is said; the answer's form"""
    for limit in (5, 1, 30):
        engine = Engine([["ab", *words(draw, 40)]])
        ask(submission, observe, f"max_tokens={limit}", engine, prompt=prompt(draw), max_tokens=limit)
    ask(submission, observe, "a prompt and nothing else", Engine([words(draw, 40)]), prompt=prompt(draw))
    ask(submission, observe, "an empty prompt", Engine([words(draw, 40)]), prompt="", max_tokens=3)


def test_engine_is_asked(submission, draw, observe):
    """The engine gets the prompt's ids and the temperature, 1.0 if nothing is said"""
    for more in ({}, {"temperature": 0}, {"temperature": draw.number(0.2, 2)}, {"temperature": 3}):
        engine = Engine([words(draw, 40)])
        submission.handle({"prompt": prompt(draw), "max_tokens": 4, **more}, engine)
        observe(f"calls of engine.generate, {more or 'no temperature'}", engine.calls)


def test_eos(submission, draw, observe):
    """eos_id ends the text and is not shown; at max_tokens the end is a matter of length"""
    for length, limit in ((4, 20), (0, 5), (6, 7), (6, 6)):
        engine = Engine([[*words(draw, length), "<eos>", "c", "c"]])
        ask(submission, observe, f"{length} ids and eos, max_tokens={limit}", engine, prompt=prompt(draw),
            max_tokens=limit)  # fmt: skip


def test_stop(submission, draw, observe):
    """A stop string ends the text before it; the earliest place counts, whichever string it is"""
    cases = (
        ("#", ["#"]),
        (["#"], ["#"]),
        ([" ", "#"], ["#", "a", " "]),
        (["#", " "], [" ", "b", "#"]),
        (["\n", "#"], ["\n#"]),
        (["#", "\n"], ["\n#"]),
        ([], ["#", " "]),
    )
    for stop, tail in cases:
        engine = Engine([[*words(draw, draw.integer(2, 6)), *tail, *words(draw, 20)]])
        name = f"stop={stop!r} and {''.join(tail)!r} in the text"
        ask(submission, observe, name, engine, prompt=prompt(draw) + "#", stop=stop, max_tokens=15)
    engine = Engine([["a", "#", "b"]])
    ask(submission, observe, "the stop string is complete with the last id", engine, prompt="b", stop="#", max_tokens=2)
    ask(submission, observe, "at the very beginning", Engine([["#", "b"]]), prompt="b", stop=["#"], max_tokens=5)


def test_stop_across_tokens(submission, draw, observe):
    """Stop strings that begin in one token and end in a later one, or in the middle of one"""
    cases = (
        ("##", ["#", "#"]),
        ("\n##", ["b\n", "##"]),
        ("ab#", ["ab", "#"]),
        ("cde a", ["cd", "e ", " a"]),
        ("cde a", ["cd", "e ", "a", " a"]),
        (["##\n", "#a#"], ["#", "##", "a", "\n", "##", "\n#"]),
        ("b", ["c", "ab"]),
    )
    for stop, tail in cases:
        engine = Engine([[*words(draw, draw.integer(1, 5), ["a", "c", "d"]), *tail, *words(draw, 20)]])
        name = f"stop={stop!r}, tokens {tail}"
        ask(submission, observe, name, engine, prompt=prompt(draw), stop=stop, max_tokens=14)


def test_usage(submission, draw, observe):
    """Usage counts ids: the prompt's once, and all that were generated, those of a stop string too"""
    scripts = [[*words(draw, 3), "ab", "cd", "<eos>"], [*words(draw, 2), "cd", "#", "#", "a"], ["ab"] * 30]
    request = {"prompt": "abab" + prompt(draw), "n": 3, "stop": "##", "max_tokens": draw.integer(7, 12)}
    engine = Engine(scripts)
    out = submission.handle(request, engine)
    observe("usage of three choices", out["usage"])
    needed = 6 + 5 + request["max_tokens"]
    observe("ids taken from the engine", sum(engine.drawn) / needed, at_most(bound=1.0, says=DRAWN))


def test_n(submission, draw, observe):
    """n choices, each written anew, numbered from 0"""
    for n in (1, 2, 4):
        scripts = [[*words(draw, draw.integer(1, 6)), draw.random.choice(["<eos>", "#", "c"])] for _ in range(n)]
        engine = Engine(scripts)
        ask(submission, observe, f"n={n}", engine, prompt=prompt(draw), n=n, stop=["#"], max_tokens=5, temperature=0.5)
        observe(f"n={n}: calls of engine.generate", engine.calls)


def test_bad_requests(submission, draw, observe):
    """What is not in order is answered with 400 and an error, and the engine does not work"""
    bad = [{"prompt": 5}, {"prompt": None}, {"prompt": ["a"]}, {"max_tokens": 0}, {"max_tokens": -3}]
    bad += [{"max_tokens": "5"}, {"max_tokens": 2.5}, {"n": 0}, {"n": -1}, {"n": "2"}, {"n": 1.5}]
    bad += [{"temperature": -0.5}, {"temperature": "warm"}, {"temperature": [1]}]
    bad += [{"stop": ""}, {"stop": ["#", ""]}, {"stop": 5}, {"stop": ["#", 5]}, {"stop": {"a": "b"}}]
    for more in [*bad, "no prompt"]:
        engine = Engine([words(draw, 40)])
        request = {"n": 1} if more == "no prompt" else {"prompt": prompt(draw), "max_tokens": 3, **more}
        out = submission.handle(request, engine)
        right = isinstance(out, dict) and out.get("status") == 400 and "choices" not in out
        right = right and isinstance(out.get("error"), dict) and bool(out["error"])
        observe(f"{more}: answered with 400", right, holds("is_true", BAD))
        observe(f"{more}: the engine does not work", not engine.calls, holds("is_true", WORKED))


def test_no_shared_state(submission, draw, observe):
    """Nothing is left over from one request for the next"""
    engine = Engine([words(draw, 40) for _ in range(4)])
    first, second = prompt(draw), prompt(draw)
    for number, text in enumerate((first, first, second, first)):
        ask(submission, observe, f"request {number}", engine, prompt=text, max_tokens=6)
    ask(submission, observe, "with a stop string", Engine([["a", "b", "#"]]), prompt=first, stop=["#"], max_tokens=6)
    ask(submission, observe, "without one, then", Engine([["a", "b", "#", "c"]]), prompt=first, max_tokens=6)


def test_stream(submission, draw, observe):
    """The pieces joined are the text, with every kind of end"""
    for length, stop, tail in (
        (9, [], ["#", "a"]),
        (4, [], ["<eos>", "a"]),
        (3, "##", ["#", "a", "#", "##", "b"]),
        (3, ["\n##", "cde"], ["cd", "#", "b\n", "#", "#", "a"]),
        (2, "cde a", ["cd", "e ", "b", "cd", "e ", "a", "cd", "e", " a"]),
        (2, ["ab#"], ["a", "ab", "<eos>"]),
        (2, "ab#", ["a", "ab"]),
        (0, "#", ["#"]),
    ):
        script = [*words(draw, length, ["a", "c", "d"]), *tail]
        limit = len(script) if tail[-1] == "ab" else 25
        request = {"prompt": prompt(draw), "stop": stop, "max_tokens": limit, "temperature": 0.5}
        before = copy.deepcopy(request)
        engine = Engine([script])
        pieces = list(submission.stream(request, engine))
        observe(f"stop={stop!r}, tokens {script}, joined", "".join(pieces))
        observe("the request stays as it was", request == before, holds("is_true", CHANGED))
        observe("calls of engine.generate", engine.calls)


def test_stream_is_early(submission, draw, observe):
    """Pieces come while the text is being made, and what may be a stop string waits"""
    engine = Engine([words(draw, 40)])
    pieces = submission.stream({"prompt": prompt(draw), "max_tokens": 30}, engine)
    next(pieces)
    observe("ids taken before the first piece", sum(engine.drawn), at_most(bound=2, says=LATE))
    engine = Engine([words(draw, 40, ["c", "d"])])
    text = ""
    pieces = submission.stream({"prompt": prompt(draw), "max_tokens": 30, "stop": ["##", "\n##"]}, engine)
    while len(text) < 10:
        text += next(pieces)
    observe("ids taken before ten letters have come", sum(engine.drawn), at_most(bound=16, says=LATE))
    engine = Engine([[*words(draw, 5), "#", "#", "a"]])
    request = {"prompt": prompt(draw), "max_tokens": 30, "stop": "##"}
    text = "".join(submission.stream(request, engine))
    observe("ids taken up to a stop string", sum(engine.drawn), at_most(bound=7, says=DRAWN))
