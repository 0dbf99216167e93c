"""Draws quiz questions: fresh numbers each time, the right answer computed by running the question's code."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import random
import textwrap
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import lessons
from lessons import Ask

WIDTH = 76
Item = Callable[[random.Random], Ask]


def decks() -> list[str]:
    """Names of all decks, such as ``03_broadcasting``, in order."""
    return sorted(path.stem for path in (lessons.ROOT / "quiz").glob("[0-9][0-9]_*.py"))


@cache
def items(deck: str) -> dict[str, Item]:
    """The deck's items by name, in written order. Raises KeyError for an unknown deck."""
    path = lessons.ROOT / "quiz" / f"{deck}.py"
    spec = importlib.util.spec_from_file_location(f"lessons.quiz.deck_{deck}", path)
    if not path.exists() or spec is None or spec.loader is None:
        raise KeyError(f"There is no quiz deck called {deck!r}; there are {', '.join(decks())}.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }


def draw(deck: str, item: str | None, seed: int | None) -> dict[str, Any]:
    """One question, ready to be shown; the same deck, item and seed give the same question.

    Without ``item`` the seed picks one; without ``seed`` one is drawn. Returns ``id`` (``q03.align-right``),
    ``item``, ``seed``, ``text``, ``code``, ``choices``, ``correct`` (index into choices), ``why`` and
    ``headline``; prose is wrapped. Raises KeyError for an unknown deck or item, ValueError for an item that
    cannot make a question of this seed.
    """
    known = items(deck)
    if seed is None:
        seed = random.SystemRandom().randrange(2**31)
    if item is None:
        item = random.Random(f"{deck} {seed}").choice(list(known))
    item = item.replace("-", "_")
    if item not in known:
        raise KeyError(f"Deck {deck} has no item {item!r}; it has {', '.join(known)}.")
    rng = random.Random(f"{item} {seed}")
    ask = known[item](rng)
    answer = right_answer(ask)
    wrong = [w for w in dict.fromkeys(ask.wrong) if w != answer]
    if len(wrong) < 2:
        raise ValueError(f"{deck}.{item}, seed {seed}: only {len(wrong)} distractors differ from {answer!r}")
    choices = [answer, *rng.sample(wrong, min(3, len(wrong)))]
    rng.shuffle(choices)
    return {
        "id": f"q{deck[:2]}.{item.replace('_', '-')}",
        "item": item,
        "seed": seed,
        "text": _wrapped(ask.text),
        "code": ask.code,
        "choices": choices,
        "correct": choices.index(answer),
        "why": _wrapped(ask.why),
        "headline": inspect.cleandoc(known[item].__doc__ or "").split("\n")[0],
    }


def _wrapped(prose: str) -> str:
    """Long lines broken at words; lines that the author broke stay so."""
    return "\n".join(textwrap.fill(line, WIDTH - 4) for line in prose.split("\n"))


def right_answer(ask: Ask) -> str:
    """The written answer, or what the question's code comes to, formatted as choices are."""
    if ask.answer is not None:
        return ask.answer
    return formatted(evaluate(ask.hidden or ask.code))


def evaluate(code: str) -> Any:
    """The value of the last expression of ``code``; the string ``raises`` if it raises an exception.

    The code finds torch, nn, F and math imported. A mistake in the question's own text (a NameError or a
    SyntaxError) is not an answer, and is raised.
    """
    import math

    import torch

    namespace = {"torch": torch, "nn": torch.nn, "F": torch.nn.functional, "math": math}
    tree = ast.parse(code)
    last = tree.body[-1]
    if not isinstance(last, ast.Expr):
        raise SyntaxError(f"a question's code ends with an expression, not with {ast.unparse(last)!r}")
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(compile(ast.Module(tree.body[:-1], []), "<question>", "exec"), namespace)
            return eval(compile(ast.Expression(last.value), "<question>", "eval"), namespace)
        except (NameError, SyntaxError, ImportError):
            raise
        except Exception:
            return "raises"


def formatted(value: Any) -> str:
    """A computed value as choices write it: shapes as tuples, tensors as lists, floats to 4 digits."""
    import torch

    if isinstance(value, torch.Tensor):
        return formatted(value.detach().tolist())
    if isinstance(value, tuple):
        inside = ", ".join(formatted(v) for v in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, list):
        return f"[{', '.join(formatted(v) for v in value)}]"
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)


def prove(draws: int = 200) -> list[str]:
    """Draw every item of every deck ``draws`` times; say in one line each what is wrong with an item."""
    problems: list[str] = []
    for deck in decks():
        for name in items(deck):
            problems += [f"{deck}.{name}: {p}" for p in dict.fromkeys(_problems(deck, name, draws))]
    return problems


def _problems(deck: str, name: str, draws: int) -> list[str]:
    found: list[str] = []
    answers: set[str] = set()
    texts: set[str] = set()
    ask = None
    for seed in range(draws):
        try:
            question = draw(deck, name, seed)
            ask = items(deck)[name](random.Random(f"{name} {seed}"))
        except Exception as error:
            found.append(f"{type(error).__name__}: {error}")
            continue
        choices = question["choices"]
        answers.add(choices[question["correct"]])
        texts.add(question["text"] + question["code"])
        if len(choices) < 3 or len(set(choices)) != len(choices):
            found.append(f"choices {choices} at seed {seed}")
        if question != draw(deck, name, seed):
            found.append(f"seed {seed} gives two different questions")
        if ask.answer is not None and ask.code:
            ast.parse(ask.code)
        for key in ("text", "why", "headline"):
            if not question[key].strip():
                found.append(f"has no {key}")
        lines = "\n".join([question["text"], question["code"], question["why"], question["headline"]]).split("\n")
        found += [f"a line of {len(line)} columns: {line!r}" for line in lines if len(line) > WIDTH]
        found += [f"a choice of {len(c)} columns: {c!r}" for c in choices if len(c) > WIDTH - 6]
    if ask is not None and draws > 20 and not ask.fixed:
        if ask.answer is None and len(answers) < 2:
            found.append(f"every draw has the answer {answers}")
        if ask.answer is not None and len(texts) < 2 and len(answers) < 2:
            found.append("every draw is the same question, and it does not say why")
    return found
