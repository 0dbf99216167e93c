"""`gradatim data`: what there is, fetching it from a server on loopback, and clear words where that fails."""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gpt2 import catalog, fetch
from tutor import cli
from tutor.commands import data

TIKTOKEN = Path(__file__).parents[3] / "shared" / "data" / "tiktoken"
TEXT = b"Once more unto the breach, dear friends, once more.\n" * 50
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """`gradatim WORDS…` in this process, with a cache of its own; gives (exit code, stdout, stderr)."""
    monkeypatch.setenv("GRADATIM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)

    def go(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["gradatim", *words])
        capsys.readouterr()
        code = 0
        try:
            cli.main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
        out, err = capsys.readouterr()
        return code, out, err

    return go


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that is served on loopback, and what the catalog offers from it."""
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "input.txt").write_bytes(TEXT)
    for name in ("vocab.bpe", "val.bin", "1.bin", "2.bin"):
        header = b"".join(n.to_bytes(4, "little") for n in (20240520, 1, 3)).ljust(1024, b"\0")
        (folder / name).write_bytes(header + b"\1\0\2\0\3\0")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            return

    web = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    address = f"http://127.0.0.1:{web.server_port}/"
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    text = catalog.File("input.txt", address + "input.txt", len(TEXT), hashlib.sha256(TEXT).hexdigest())
    bins = [catalog.File(f"{name}.bin", f"{address}{name}.bin", 1030) for name in ("val", "1", "2")]
    words = catalog.File("words", address + "vocab.bpe", 1030, fetch.digest_of(folder / "vocab.bpe"))
    offers = [
        catalog.Offer("gpt2-bpe", "words", "nobody's", (words,)),
        catalog.Offer("shakespeare", "plays", "everybody's", (text,), use="gradatim train data=shakespeare --run R"),
        catalog.Offer("fineweb", "pages", "the web's", (bins[0],), tuple(bins[1:]), ("gpt2-bpe",)),
    ]
    monkeypatch.setattr(catalog, "OFFERS", {offer.name: offer for offer in offers})
    yield folder
    web.shutdown()
    thread.join()
    web.server_close()


def test_the_list_says_what_is_here_and_how_to_get_the_rest(run: Run) -> None:
    code, out, err = run("data", "list")
    assert code == 0 and err == ""
    for name in ("docs", *catalog.OFFERS):
        assert any(line.startswith(name + " ") for line in out.splitlines()), name
    assert "1.1 MB" in out and "gradatim data get NAME" in out
    assert all(len(line) <= 80 for line in out.splitlines() if not line.startswith("Kept in"))


def test_the_list_as_json(run: Run, shop: Path) -> None:
    code, out, err = run("data", "list", "--json")
    document = json.loads(out)
    assert code == 0 and err == "" and document["version"] == 1
    rows = {row["name"]: row for row in document["data"]}
    assert list(rows) == ["docs", "gpt2-bpe", "shakespeare", "fineweb"]
    assert rows["docs"]["here"] and not rows["shakespeare"]["here"]
    assert (rows["fineweb"]["files"], rows["fineweb"]["bytes"]) == (3, 3090)
    run("data", "get", "shakespeare")
    row = {row["name"]: row for row in json.loads(run("data", "list", "--json")[1])["data"]}["shakespeare"]
    assert row["here"] and row["bytes_here"] == len(TEXT) and Path(row["folder"], "input.txt").read_bytes() == TEXT


def test_a_text_is_fetched_once_and_then_known_to_be_here(run: Run, shop: Path) -> None:
    code, out, err = run("data", "get", "shakespeare")
    assert code == 0, err
    assert "shakespeare is here" in out and "gradatim train data=shakespeare" in out
    assert "1 file, 2.6 kB, from 127.0.0.1 (everybody's)" in err and "input.txt: 2.6 kB of 2.6 kB, 100 %" in err
    (shop / "input.txt").unlink()
    code, out, err = run("data", "get", "shakespeare")
    assert code == 0 and err == "" and "shakespeare is here" in out
    assert "shakespeare   here" in run("data", "list")[1]


def test_shards_come_with_the_vocabulary_that_they_need(run: Run, shop: Path, tmp_path: Path) -> None:
    code, _, err = run("data", "get", "fineweb")
    assert code == 0, err
    home = tmp_path / "cache" / "fetched"
    assert (home / "gpt2-bpe" / "words").exists()
    assert sorted(path.name for path in (home / "fineweb").iterdir()) == ["1.bin", "val.bin"]
    code, _, err = run("data", "get", "fineweb", "shards=2")
    assert code == 0 and "1 file, 1.0 kB" in err and (home / "fineweb" / "2.bin").exists()
    assert "2 of its 2 shards" in run("data", "list")[1]


@pytest.mark.skipif(not TIKTOKEN.is_dir(), reason="GPT-2's vocabulary is not on this machine")
def test_released_weights_are_fetched_and_become_a_run(
    run: Run, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from gpt2 import checkpoint, weights
    from gpt2.config import Model
    from gpt2.model import GPT

    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(TIKTOKEN))
    small = GPT(Model(n_layer=1, n_head=2, n_embd=8, block_size=16, vocab_size=50257))
    weights.write(shop, small, 50256)
    address = catalog.OFFERS["shakespeare"].fixed[0].address.removesuffix("input.txt")
    files = [
        catalog.File("config.json", address + "config.json", 665),
        catalog.File("model.safetensors", address + "model.safetensors",
                     (shop / "model.safetensors").stat().st_size, fetch.digest_of(shop / "model.safetensors")),
    ]  # fmt: skip
    offer = catalog.Offer(
        "gpt2-weights", "weights", "OpenAI's", tuple(files), needs=("gpt2-bpe",), use="gradatim model"
    )
    monkeypatch.setitem(catalog.OFFERS, "gpt2-weights", offer)
    code, _, err = run("model", "import", "gpt2-weights", str(tmp_path / "run"))
    assert code == 2 and not (tmp_path / "run").exists()
    code, out, err = run("data", "get", "gpt2-weights")
    assert code == 0 and "gpt2-weights is here" in out and "Next: gradatim model" in out, err
    assert run("model", "import", "gpt2-weights", str(tmp_path / "run"))[0] == 0
    model, encoding, _ = checkpoint.open_run(tmp_path / "run")
    ids = torch.tensor([encoding.encode_ordinary("Hello, I'm a language model,")])
    torch.testing.assert_close(model(ids), small.eval()(ids))


def test_what_cannot_be_fetched_is_exit_1_and_keeps_nothing(run: Run, shop: Path, tmp_path: Path) -> None:
    (shop / "input.txt").write_bytes(TEXT[::-1])
    code, out, err = run("data", "get", "shakespeare")
    assert code == 1 and out == "" and "not the file that was meant" in err and "Traceback" not in err
    (shop / "input.txt").unlink()
    code, _, err = run("data", "get", "shakespeare")
    assert code == 1 and "answers 404" in err
    assert list((tmp_path / "cache" / "fetched" / "shakespeare").iterdir()) == []


def test_offline_is_one_clear_word(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(file: catalog.File, folder: Path, progress: object) -> Path:
        return fetch.fetch("http://127.0.0.1:9/input.txt", folder / file.name, file.size, file.sha256, timeout=5.0)

    monkeypatch.setattr(catalog, "get", offline)
    code, out, err = run("data", "get", "shakespeare")
    assert code == 1 and out == "" and "seems to be offline" in err and "put it here" in err


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (("shakespear",), "did you mean shakespeare"),
        (("fineweb", "shards=0"), "has 1 to 103"),
        (("fineweb", "shards=three"), "a whole number"),
        (("fineweb", "shard=3"), "shards=N"),
        (("names", "shards=2"), "has no shards"),
    ],
)
def test_a_wrong_word_is_exit_2(run: Run, words: tuple[str, ...], near: str) -> None:
    code, out, err = run("data", "get", *words)
    assert code == 2 and out == "" and near in err and "Traceback" not in err


def test_docs_need_no_fetching(run: Run) -> None:
    code, _, err = run("data", "get", "docs")
    assert code == 0 and "on every machine" in err


def test_ctrl_c_says_how_to_go_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(catalog, "get", interrupted)
    code, _, err = run("data", "get", "fineweb", "shards=3")
    assert code == 130 and "goes on from here: gradatim data get fineweb shards=3" in err


def test_what_had_come_before_is_shown(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "fetched" / "hellaswag"
    folder.mkdir(parents=True)
    (folder / "hellaswag_val.jsonl.part").write_text("half")
    assert "hellaswag     in part" in run("data", "list")[1]


def test_a_long_file_is_told_every_few_seconds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(data.time, "monotonic", lambda: now)
    tell = data._Lines().follow("a.bin")
    for second in range(13):
        now = 100.0 + second
        tell(second * 10, 1000)
    tell(1000, 1000)
    assert capsys.readouterr().err.splitlines() == [
        "  a.bin: 0 bytes of 1.0 kB, 0 %", "  a.bin: 50 bytes of 1.0 kB, 5 %",
        "  a.bin: 100 bytes of 1.0 kB, 10 %", "  a.bin: 1.0 kB of 1.0 kB, 100 %",
    ]  # fmt: skip


def test_on_a_terminal_there_is_a_bar(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    with data._Bars() as bars:
        follow = bars.follow("input.txt")
        follow(500, 1000)
        assert bars.shown.tasks[0].percentage == 50
        follow(1000, 1000)
    assert "input.txt" in capsys.readouterr().err
