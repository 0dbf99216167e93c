"""`gradatim settings`: what can be chosen, and every key by the name of what it does."""

from __future__ import annotations

import difflib
from typing import Annotated

import typer

from tutor.commands import paper
from tutor.commands.context import BROKEN, Refusal, desk, put_json
from tutor.settings import OPTIONS, Option

WORDS = typer.Argument(
    metavar="[NAME[=VALUE]]…",
    help="A setting to look at or to change, or a binding, as in bench.check=f11; NAME= alone resets it.",
)


def settings(
    words: Annotated[list[str] | None, WORDS] = None,
    keys: Annotated[bool, typer.Option("--keys", help="List every key that can be changed.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the settings as JSON, and nothing else.")] = False,
) -> None:
    """Show the settings, or change some: gradatim settings motion=reduced theme=gradatim-light bench.check=f11."""
    for word in words or []:
        name, equals, value = word.partition("=")
        if equals:
            _change(name.strip(), value.strip())
    if desk.settings.problem:
        raise Refusal(desk.settings.problem, BROKEN)
    if json:
        chosen = {one.name: _value(one) for one in OPTIONS}
        put_json({"settings": chosen, "keymap": desk.settings.keymap()})
    elif keys:
        _list_keys()
    else:
        names = [word.partition("=")[0].strip() for word in words or []]
        for one in OPTIONS:
            if not names or one.name in names:
                _show(one)
        for id_, key in desk.settings.keymap().items():
            if not names or id_ in names:
                print(f"{id_}={key}")
        for name in names:
            _known(name)
        if not names:
            print("\ngradatim settings NAME=VALUE changes one; --keys lists every key.")


def _value(option: Option) -> str:
    return desk.settings.option(option.name) if option.values else desk.settings.theme("gradatim-dark")


def _show(option: Option) -> None:
    print(f"{option.name}={_value(option)}")
    paper.indented(f"{option.says}\nOne of: {', '.join(_values(option))}.", 4)


def _values(option: Option) -> tuple[str, ...]:
    if option.values:
        return option.values
    from tutor.widgets.colors import theme_names

    return theme_names()


def _known(name: str) -> Option | None:
    """The option of this name; None for a binding. Raises Refusal for what is neither, with the nearest names."""
    names = [one.name for one in OPTIONS]
    if name in names:
        return OPTIONS[names.index(name)]
    from tutor.keymap import known

    ids = [one.id for one in known()]
    if name not in ids:
        near = difflib.get_close_matches(name, [*names, *ids], n=3, cutoff=0.5)
        hint = (
            f"Did you mean {', '.join(near)}?" if near else f"There are {', '.join(names)}, and --keys lists the rest."
        )
        raise Refusal(f"There is no setting called {name!r}. {hint}")
    return None


def _change(name: str, value: str) -> None:
    option = _known(name)
    if option is None:
        _change_key(name, value)
        return
    values = _values(option)
    value = value or option.default or values[0]
    if value not in values:
        near = difflib.get_close_matches(value, values, n=3, cutoff=0.5) if len(values) > 4 else []
        hint = f"did you mean {', '.join(near)}?" if near else f"it is one of {', '.join(values)}."
        raise Refusal(f"{name} cannot be {value!r}; {hint}")
    desk.settings.set(name, value)


def _change_key(id_: str, value: str) -> None:
    from tutor import keymap

    try:
        chosen = keymap.normal(value) if value else ""
    except ValueError as error:
        raise Refusal(str(error)) from None
    if chosen and (why := keymap.problem(desk.settings.keymap(), id_, chosen)):
        raise Refusal(why)
    (binding,) = (one for one in keymap.known() if one.id == id_)
    desk.settings.set_key(id_, keymap.with_escape(binding, chosen))


def _list_keys() -> None:
    from tutor.keymap import PLACES, known

    chosen, place = desk.settings.keymap(), ""
    for one in known():
        if one.place != place:
            place = one.place
            print(f"\n{PLACES.get(place, place.capitalize())}")
        yours = f"   (yours; its own is {one.keys})" if one.id in chosen else ""
        print(f"  {one.id:<20} {chosen.get(one.id, one.keys):<16} {one.words}{yours}")
