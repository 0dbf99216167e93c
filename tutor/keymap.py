"""Every key that can be changed: what it does, where it works, and which other key it would get in the way of."""

from __future__ import annotations

import importlib
import pkgutil
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from textual.binding import Binding
from textual.keys import Keys, _character_to_key
from textual.widgets import TextArea

from tutor.widgets.prose_keys import key_name

PLACES = {
    "app": "Everywhere",
    "home": "The map",
    "list": "Lists",
    "reader": "A lesson's page",
    "card": "Doors on a page",
    "fence": "Code on a page",
    "bench": "The workbench",
    "panel": "Its panel",
    "editor": "The editor",
    "seek": "Find and go to line",
    "examples": "Your examples",
    "compare": "Comparison",
    "history": "History",
    "quiz": "Quiz and known mistakes",
    "review": "Review",
    "placement": "Placement test",
    "settings": "Settings",
    "help": "Help",
    "dialog": "Dialogs",
}
"""What stands before the dot of a binding's id, in the words of the settings; others come behind, under their own."""

TOGETHER = (
    {"home", "list"},
    {"reader", "card"},
    {"reader", "fence", "editor"},
    {"bench", "panel"},
    {"bench", "editor", "seek"},
    {"examples", "editor", "seek"},
    {"quiz", "review", "placement"},
    {"settings", "list"},
    {"history", "list"},
    {"training", "list"},
    {"capstone", "list"},
    {"sampling", "written"},
)
"""Whose keys work at the same time; those of ``app`` work everywhere."""

FRAME = {
    "ctrl+p": "it opens the palette",
    "ctrl+c": "it copies what is marked",
    "ctrl+i": "terminals send it for Tab",
    "ctrl+m": "terminals send it for Enter",
    "ctrl+j": "some terminals send it for Enter",
    "ctrl+h": "some terminals send it for Backspace",
}
"""Keys that are not ours to give away."""

TYPING = {"bench", "editor", "seek", "examples", "newrun", "sampling"}
"""Places where letters are typed: what is printed cannot be a key there."""


@dataclass(frozen=True)
class Known:
    """A binding as it was made."""

    id: str
    keys: str
    """Its own keys, such as ``f2,ctrl+s``."""
    words: str

    @property
    def place(self) -> str:
        return self.id.partition(".")[0]


def known() -> list[Known]:
    """Every binding that has an id, by place, in the order in which they were written."""
    found: dict[str, Known] = {}
    for binding in _bindings():
        if binding.id:
            words = binding.tooltip or binding.description
            if (before := found.get(binding.id)) is not None:
                words = before.words if words in before.words.split(", ") else f"{before.words}, {words}"
            found[binding.id] = Known(binding.id, binding.key, words)
    order = list(PLACES)
    return sorted(found.values(), key=lambda one: order.index(one.place) if one.place in order else len(order))


def _bindings() -> Iterator[Binding]:
    for owner in classes():
        for binding in owner.__dict__.get("BINDINGS", ()):
            if isinstance(binding, Binding):
                yield binding


def classes() -> Iterator[type]:
    """Every class of the screens, the widgets and the app; all of them are loaded for this."""
    from tutor import app, screens, widgets

    modules = [app]
    for package in (screens, widgets):
        names = [module.name for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")]
        modules += [importlib.import_module(name) for name in names]
    for module in modules:
        for owner in vars(module).values():
            if isinstance(owner, type) and owner.__module__ == module.__name__:
                yield owner


def normal(keys: str) -> str:
    """Keys as Textual writes them: ``?`` is ``question_mark``, ``Ctrl+S`` is ``ctrl+s``. Raises ValueError."""
    return ",".join(_normal(key.strip()) for key in (["comma"] if keys.strip() == "," else keys.split(",")))


def _normal(key: str) -> str:
    if len(key) == 1:
        return _character_to_key(key)
    *modifiers, last = key.lower().split("+")
    last = _character_to_key(last) if len(last) == 1 else last
    if not set(modifiers) <= {"ctrl", "shift", "alt"} or (len(last) != 1 and last not in _NAMES):
        raise ValueError(f"There is no key called {key!r}. Say f9, ctrl+k, or a single character such as x.")
    return "+".join([*modifiers, last])


def with_escape(one: Known, keys: str) -> str:
    """The keys to take for a binding: what Escape does as shipped, it goes on doing beside them."""
    return f"{keys},escape" if keys and "escape" in one.keys.split(",") and "escape" not in keys.split(",") else keys


def problem(keymap: Mapping[str, str], id_: str, keys: str) -> str:
    """Why these keys cannot be taken for this binding, as a sentence; empty where they can.

    ``keymap`` holds what the learner has chosen so far.
    """
    all_known = {one.id: one for one in known()}
    mine = all_known[id_]
    for key in keys.split(","):
        name = key_name(key)
        if key in FRAME:
            return f"{name} is taken: {FRAME[key]}."
        if mine.place in TYPING and (len(key) == 1 or key in _PRINTED | _OWN):
            return f"{name} is the editor's own while you type; choose a function key, or another one with Ctrl."
        for other in all_known.values():
            theirs = keymap.get(other.id, other.keys).split(",")
            if other.id != id_ and key in theirs and _meet(mine.place, other.place):
                place = PLACES.get(other.place, other.place)
                return f"{name} is taken: {other.words or other.id} ({place}, {other.id}). Change that one first."
    return ""


def _meet(one: str, other: str) -> bool:
    return one == other or "app" in (one, other) or any({one, other} <= places for places in TOGETHER)


_PRINTED = {_character_to_key(sign) for sign in f"{string.punctuation} "}
_NAMES = {key.value for key in Keys} | _PRINTED
_OWN = {key for binding in TextArea.BINDINGS for key in binding.key.split(",")} | {  # type: ignore[union-attr]
    "enter", "tab", "backspace", "ctrl+z", "ctrl+y",
}  # fmt: skip
"""What the text area does by itself."""
