"""The rules by which Python is colored, compiled once: Textual does it for each text it shows, 60 ms a time."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from textual.document._syntax_aware_document import SyntaxAwareDocument

if TYPE_CHECKING:
    from tree_sitter import Language, Query


@cache
def compiled(language: Language, rules: str) -> Query:
    """The rules as tree-sitter takes them."""
    from tree_sitter import Query

    return Query(language, rules)


def ready() -> None:
    """Compile those of Python ahead."""
    from textual._tree_sitter import get_language
    from textual.widgets import TextArea

    if (language := get_language("python")) is not None:
        compiled(language, TextArea._get_builtin_highlight_query("python"))


def once() -> None:
    """Have every document that knows its syntax take the compiled rules."""

    def prepare(document: SyntaxAwareDocument, query: str) -> Query:
        return compiled(document.language, query)

    SyntaxAwareDocument.prepare_query = prepare  # type: ignore[assignment, method-assign]
