"""Which strings of a Python file a person reads, and the same file with those strings in another language.

A string is a sentence by two things: where it stands (not a key, not compared with, not handed to a regular
expression) and how it reads (words, not SQL, CSS, code, names or markup). An f-string is one sentence; its expressions
stay verbatim in it as ``{expression}``, with conversion and format.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

Literal = ast.Constant | ast.JoinedStr


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


LOUD = _names(
    """
    Binding Refusal say notify tell print Static Label Button Dialog SystemCommand add_column indented
    """
)
"""Calls whose strings are read even where they are a single word."""

LOUD_NAMES = _names(
    """
    border_title border_subtitle ways HELP WHERE PLACES SIGNS tooltip placeholder title help because WORDS
    """
)
"""What is read, single words too, by the name it is given: of a variable, an argument, a key."""

SILENT = _names(
    """
    compile match search fullmatch sub findall finditer split rsplit partition rpartition startswith endswith
    removeprefix removesuffix replace count index find encode decode strftime strptime getattr setattr hasattr open
    glob rglob execute executemany executescript _all _write query query_one query_children set_class add_class
    remove_class has_class run_action metadata import_module find_spec Literal TypeVar AssertionError
    NotImplementedError run_worker set_timer bind getLogger namedtuple Random Generator parse fromkeys any all
    Group add_header cast tape
    """
)
"""Calls whose own strings nobody reads; what is called inside of them may still speak."""

SILENT_NAMES = _names(
    """
    CSS DEFAULT_CSS CSS_PATH SQL id classes name group action severity style tone key format initial_indent
    subsequent_indent metavar encoding mode sep end variant dtype errors newline prefix suffix align justify
    border selector samesite prompt PROMPTS STRANGE _WITHOUT __all__
    """
)
"""Variables, arguments and keys whose strings are for programs, or are a text to work on."""

BEFORE = {"Binding": 2, "get": 1}
"""How many arguments come before the words, by call."""

SPEAKERS = _names("strip rstrip lstrip format join capitalize ljust rjust center")
"""What is called on a string that is read all the same: ``" and ".join(…)``."""

RULES = _names("holds law at_most equal same_law")
"""In a check, the rules of `graders/kit.py`, which say what it means when they are broken."""

OTHERS = _names("Again Hard Good Easy NaN Infinity True False None")
"""Words that stand alone and are another program's: the ratings of fsrs, numbers in JSON, values of Python."""

SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|PRAGMA|BEGIN|COMMIT|ORDER|WHERE|FROM)\b")
COMMAND = re.compile(r"\s*(gradatim|pip|python|torchrun)( [\w\-./=\[\]'<>:\0{}]+)*(?<![a-z]\.)")
"""A command line to be typed as it stands."""
HEADER = re.compile(r"[A-Z][A-Za-z]*(-[A-Z][A-Za-z]*)+")
"""A header of HTTP."""
WORD = re.compile(r"(?<![\w.\-/$=<#@%\\{|`:])[^\W\d_]{2,}(?:['’\-][^\W\d_]+)*(?![\w\-/=(\[\\]|\.\w|:\w|: *[\w$#]+;)")
TAG = re.compile(r"\[/?(?:[@$#a-z][^\[\]]*)?\]")
"""Markup of Textual and Rich: ``[b]``, ``[$success]``, ``[/]``."""
KEY = re.compile(r"\{[a-z]+\.[a-z0-9_]+\|[^}]*\}")
"""A key in prose, ``{bench.check|F2}``; see `tutor/widgets/prose_keys.py`."""
STYLES = _names(
    """
    auto bold dim italic underline reverse strike not on none red green blue yellow cyan magenta white black grey
    """
)


@dataclass(frozen=True)
class Sentence:
    """One string that is read."""

    text: str
    """As a translator sees it; of an f-string with its expressions, and with braces that are meant doubled."""
    line: int
    node: Literal
    loud: bool
    """Whether it stands where all is read; elsewhere it is not said if it is one of the `keys` of the program."""


def sentences(tree: ast.Module, told: frozenset[str] = frozenset(), quiet: bool = False) -> list[Sentence]:
    """What of a module is read, in its order. ``told`` are functions whose docstrings are.

    ``quiet``: only what is said outright, as in checks, whose other strings are inputs and names.
    """
    finder = _Finder(told, quiet)
    finder.visit(tree)
    return sorted(finder.found, key=lambda one: (one.node.lineno, one.node.col_offset))


def keys(tree: ast.Module) -> set[str]:
    """Texts that a program compares with, or finds something by."""
    found: set[str] = set()
    for node in ast.walk(tree):
        places: list[ast.AST | None] = []
        if isinstance(node, ast.Compare):
            places = [node.left, *node.comparators]
        elif isinstance(node, ast.Dict):
            places = [*node.keys]
        elif isinstance(node, ast.Subscript):
            places = [node.slice]
        elif isinstance(node, ast.MatchValue):
            places = [node.value]
        found |= {one.value for one in places if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    return found


def template(node: Literal) -> str:
    """The text of a string as a translator sees it."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    return "".join(expression(one) if isinstance(one, ast.FormattedValue) else _doubled(one) for one in node.values)


def expression(node: ast.FormattedValue) -> str:
    """An expression of an f-string with its braces, conversion and format: ``{error!r:>8}``."""
    code = ast.unparse(node.value)
    conversion = f"!{chr(node.conversion)}" if node.conversion >= 0 else ""
    form = f":{template(node.format_spec)}" if isinstance(node.format_spec, ast.JoinedStr) else ""
    return f"{{{' ' if code.startswith('{') else ''}{code}{conversion}{form}}}"


def _doubled(node: ast.expr) -> str:
    assert isinstance(node, ast.Constant)
    return str(node.value).replace("{", "{{").replace("}", "}}")


def expressions(node: Literal) -> list[ast.FormattedValue]:
    values = node.values if isinstance(node, ast.JoinedStr) else []
    return [one for one in values if isinstance(one, ast.FormattedValue)]


def marks(node: Literal, text: str) -> Counter[str]:
    """The expressions of ``node``, the fields of a text to be formatted, keys and markup, as often as in ``text``."""
    found: Counter[str] = Counter()
    for code in sorted({expression(one) for one in expressions(node)}, key=len, reverse=True):
        found[code] = text.count(code)
        text = text.replace(code, "\0")
    if isinstance(node, ast.JoinedStr):
        found.update(stray for stray in re.findall(r"\{[^{}]*\}|[{}]", text.replace("{{", "").replace("}}", "")))
    else:
        found.update(re.findall(r"\{\w*\}", text))
    found.update(KEY.findall(text))
    found.update(TAG.findall(KEY.sub("", text)))
    return +found


# -- which strings are read -------------------------------------------------------------------------


class _Finder(ast.NodeVisitor):
    """Goes through a module with the question of who hears: nobody (None), a reader of sentences, or of words too."""

    def __init__(self, told: frozenset[str], quiet: bool = False) -> None:
        self.told = told
        self.found: list[Sentence] = []
        self.base: bool | None = None if quiet else False
        self.loud = self.base

    def _in(self, loud: bool | None, *nodes: ast.AST | None) -> None:
        before, self.loud = self.loud, loud
        for node in nodes:
            if node is not None:
                self.visit(node)
        self.loud = before

    # strings

    def visit_Constant(self, node: ast.Constant) -> None:
        if self.loud is not None and isinstance(node.value, str) and reads(node.value, self.loud):
            self.found.append(Sentence(node.value, node.lineno, node, self.loud))

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        plain = "".join(str(one.value) if isinstance(one, ast.Constant) else "\0" for one in node.values)
        if self.loud is not None and reads(plain, self.loud):
            self.found.append(Sentence(template(node), node.lineno, node, self.loud))
        self._in(self.loud, *(one.value for one in expressions(node)))

    # places where nothing is read

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, Literal):  # a docstring is for us
            self._in(self.base, node.value)

    def visit_Set(self, node: ast.Set) -> None:
        self._in(None, *node.elts)

    def visit_Compare(self, node: ast.Compare) -> None:
        self._in(None, node.left, *node.comparators)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        counted = isinstance(node.op, ast.Mult) and isinstance(node.right, ast.Constant)  # "cat " * 3
        self._in(None if counted else self.loud, node.left, node.right)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self._in(None, node.slice)
        self._in(self.loud, node.value)
        if _name(node.value) == "Annotated" and isinstance(node.slice, ast.Tuple):
            self._in(False, *(one for one in node.slice.elts[1:] if isinstance(one, Literal)))

    def visit_match_case(self, node: ast.match_case) -> None:
        self._in(self.base, node.guard, *node.body)

    def visit_Assert(self, node: ast.Assert) -> None:
        """It speaks to us."""

    # places where a name says it

    def visit_Assign(self, node: ast.Assign) -> None:
        self._named({_name(one) for one in node.targets}, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._in(None, node.annotation)
        self._named({_name(node.target)}, node.value)

    def visit_keyword(self, node: ast.keyword) -> None:
        self._named({node.arg or ""}, node.value)

    def visit_Dict(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            self._in(None, key)
            name = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""
            self._named({"id" if HEADER.fullmatch(name) else name}, value)

    def _named(self, names: set[str], value: ast.expr | None) -> None:
        if self.base is None and names & {"says", "because"}:
            return self._in(False, value)
        silent = self.loud is None or names & SILENT_NAMES
        self._in(None if silent else self.loud or bool(names & LOUD_NAMES), value)

    def visit_Call(self, node: ast.Call) -> None:
        name = _name(node.func)
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, Literal):
            loud = None if name not in SPEAKERS else name == "join" or self.loud
            self._in(loud, node.func.value)
        elif isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Dict):
            self._in(False, node.func.value)  # {"stop": "end of text"}.get(…)
        else:
            self._in(None, node.func)
        if self.base is None:
            return self._checked(name, node)
        words = None if name in SILENT else name in LOUD
        first = BEFORE.get(name, 0)
        self._in(None, *node.args[:first])
        self._in(words, *node.args[first:], *node.keywords)

    def _checked(self, name: str, node: ast.Call) -> None:
        """In a check: rules speak, and of an observation its name; all else is handed to the submission."""
        seen = ast.unparse(node.func).partition(".")[0] == "observe"
        first = len(node.args) if name in RULES else 1 if seen else 0
        self._in(False, *node.args[:first])
        self._in(None, *node.args[first:], *node.keywords)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._in(None, node.value)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        first = node.body[0]
        if isinstance(first, ast.Expr) and (node.name in self.told or any(map(_commands, node.decorator_list))):
            self._in(True, first.value)
        arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
        self._in(None, *(one.annotation for one in arguments), *node.decorator_list)
        self._in(self.base, *node.args.defaults, *node.args.kw_defaults, *node.body)

    visit_FunctionDef = visit_AsyncFunctionDef = _function


def _commands(decorator: ast.expr) -> bool:
    """Whether it makes a command of a function, so that its docstring becomes help."""
    return isinstance(decorator, ast.Call) and _name(decorator.func) in ("command", "callback")


def _name(node: ast.expr) -> str:
    """The last word of a name: ``say`` of ``context.say``."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def reads(text: str, loud: bool = False) -> bool:
    """Whether this is written in words. ``\\0`` stands for an expression; ``loud``: a single word is enough."""
    bare = KEY.sub(" ", TAG.sub(" ", text))
    words = [word for word in WORD.findall(bare) if not word.isupper()]
    if not words or {word.lower() for word in words} <= STYLES:
        return False
    if SQL.match(text) or COMMAND.fullmatch(text) or text.startswith(("<", "#!")) or _is_code(text):
        return False
    if re.search(r"\s", bare):
        return True
    word = bare.strip("():.…")
    return word == words[0] and (loud or word != bare.strip(".:…") or (word.istitle() and word not in OTHERS))


def _is_code(text: str) -> bool:
    if "\n" not in text and not re.match(r"\s*(import|from|def|class|return|with|for)\s", text):
        return False
    try:
        body = ast.parse(text.replace("\0", "x")).body
    except (SyntaxError, ValueError):
        return False
    return any(not isinstance(one, ast.Expr) for one in body)


# -- the same in another language -------------------------------------------------------------------


def translated(source: str, tree: ast.Module, words: dict[int, str]) -> str:
    """The file with other words; ``words`` has those of each sentence, by the ``id`` of its node in ``tree``.

    Nothing else in the file changes. Raises ValueError where a text cannot be put in place of its sentence; what
    `marks` of a sentence and of its translation differ in is the caller's to refuse.
    """
    starts, data = [0], source.encode()
    for line in data.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    spans = []
    translator = _Translator(words)
    for node in _outermost(tree):
        if any(id(one) in words for one in ast.walk(node)):
            start = starts[node.lineno - 1] + node.col_offset
            end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
            try:
                spans.append((start, end, _written(translator.visit(node))))
            except ValueError as error:  # in Python 3.11, a backslash or too many kinds of quotes in an expression
                raise ValueError(f"{node.lineno}: {error}") from None
    for start, end, code in sorted(spans, reverse=True):
        data = data[:start] + code.encode() + data[end:]
    return data.decode()


def _written(node: Literal) -> str:
    """Code that gives exactly this string. Raises ValueError where this Python's f-strings cannot hold it."""
    code = ast.unparse(node)
    if ast.dump(ast.parse(code, mode="eval").body) != ast.dump(node):
        raise ValueError(f"this cannot be written as one string: {code}")
    return code


def _outermost(tree: ast.AST) -> Iterator[Literal]:
    """Strings that are in no other string."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            yield node
        else:
            yield from _outermost(node)


class _Translator(ast.NodeTransformer):
    def __init__(self, words: dict[int, str]) -> None:
        self.words = words

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant(self.words.get(id(node), node.value))

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.JoinedStr:
        text = self.words.get(id(node), template(node))
        parts = {expression(one): self._inner(one) for one in expressions(node)}
        pattern = "|".join(map(re.escape, sorted(parts, key=len, reverse=True)))
        values: list[ast.expr] = []
        for piece in re.split(f"({pattern})", text) if parts else [text]:
            if piece in parts:
                values.append(parts[piece])
            elif piece:
                values.append(ast.Constant(piece.replace("{{", "{").replace("}}", "}")))
        return ast.JoinedStr(values)

    def _inner(self, node: ast.FormattedValue) -> ast.FormattedValue:
        return ast.FormattedValue(self.visit(node.value), node.conversion, node.format_spec)
