"""Whatever is typed behind `gradatim` gets a clear sentence and an exit code of ours, never a traceback."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tutor import cli, reach
from tutor.commands import check, context, paper

FAKE = Path(__file__).with_name("fake_grader.py")
Run = Callable[..., tuple[int, str, str]]


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command by the words that call it, as typer knows them."""
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*path, name))
    if path:
        yield path, group


COMMANDS = dict(commands(typer.main.get_command(cli.app)))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with things of the wrong kind; what would train, serve or wait is only called."""
    for name in ("home", "data", "cache"):
        monkeypatch.setenv(f"GRADATIM_{name.upper()}", str(tmp_path / name))
    monkeypatch.setenv("GRADATIM_GRADER", "stdio")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(reach, "module_command", lambda _, *words: [sys.executable, str(FAKE), *words])
    monkeypatch.setattr("tutor.paths.ROOT", tmp_path / "root")
    monkeypatch.setattr("tutor.jobs.call", lambda *_: 0)
    monkeypatch.setattr("tutor.processes.run_here", lambda *_: 0)
    monkeypatch.setattr("aiohttp.web.run_app", lambda *_, **__: None)
    monkeypatch.chdir(tmp_path)

    async def watch(*_: object) -> None:
        return

    monkeypatch.setattr(check, "_watch", watch)
    (tmp_path / "folder").mkdir()
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00\x01" * 300)
    (tmp_path / "empty.json").write_text("{}")
    (tmp_path / "file.py").write_text("wrong")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "log.jsonl").write_bytes(b'{"event": "start"}\n\xff\xfe{"event": "step"\n[1]\n')
    return tmp_path


def run(*words: str) -> tuple[int, str, str]:
    """`gradatim WORDS…` in this process; gives (exit code, stdout, stderr)."""
    for name in ("progress", "course", "workspace"):
        context.desk.__dict__.pop(name, None)
    old, sys.argv, stdin = sys.argv, ["gradatim", *words], sys.stdin
    sys.stdin = io.StringIO("what?\n")
    code = 0
    try:
        with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
            try:
                cli.main()
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    finally:
        sys.argv, sys.stdin = old, stdin
        if "progress" in context.desk.__dict__:
            context.desk.progress.close()
        for name in ("progress", "course", "workspace"):
            context.desk.__dict__.pop(name, None)
    return code, out.getvalue(), err.getvalue()


def kind(words: tuple[str, ...], answer: tuple[int, str, str]) -> None:
    """What every answer to nonsense must be."""
    code, out, err = answer
    told = f"{[word[:60] for word in words]}: exit {code}: {err[:600]}"
    if code not in (0, 1, 2, 3) or "Traceback" in err + out or "in Gradatim broke" in err:
        pytest.fail(told)
    if code == 2 and not (err + out).strip():  # a group of commands that is called alone prints its help
        pytest.fail(f"{told} without a word")


WRONG = (
    "stable-softmx", "L03", "L99", "nothing-of-the-kind", "", " ", "-", "folder", "bytes", "empty.json", "file.py",
    "run", "no/such/place", "file.py/below", "0", "-1", "99999999999999999999", "1e9", "nan",
    "é→漢\U0001f600", "x" * 3000, "max_step=3", "preset=none", "=", "shards=many", "[b]", "\\[/]", "%s",
    "../../..", "stable_softmax",
)  # fmt: skip


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_each_option_takes_nonsense_kindly(path: tuple[str, ...], world: Path) -> None:
    command = COMMANDS[path]
    assert run(*path, "--no-such-option")[0] == 2
    for parameter in command.params:
        flag = getattr(parameter, "is_flag", False)
        option = parameter.opts[0] if parameter.opts[0].startswith("-") else None
        others = [
            word
            for other in command.params
            if other.required and other is not parameter
            for word in ([other.opts[0]] if other.opts[0].startswith("-") else []) + ["stable-softmax"]
        ]
        for value in [None] if flag else WRONG:
            words = [w for w in (option, value) if w is not None]
            kind((*path, *others, *words), run(*path, *others, *words))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_words_at_all(world: Path, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from([p for p in COMMANDS if p != ("doctor",)]))
    options = sorted({opt for parameter in COMMANDS[path].params for opt in parameter.opts if opt.startswith("-")})
    word = st.one_of(st.sampled_from(WRONG), st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
    words = data.draw(st.lists(st.one_of(word, st.sampled_from([*options, "--", "--help"])), max_size=5))
    kind((*path, *words), run(*path, *words))


def test_on_a_terminal_a_sentence_is_broken_between_words_and_a_path_never() -> None:
    path = "/home/somebody/" + "x" * 50
    text = f"There is no setting called 'hme.next'. Did you mean home.next? See {path} for\n  a   table"
    lines = paper.fitted(text, 40).split("\n")
    assert path in lines and lines[-1] == "  a   table"
    assert all(len(line) <= 40 for line in lines if line != path) and " ".join(lines).split() == text.split()
