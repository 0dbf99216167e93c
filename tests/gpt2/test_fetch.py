"""Files come whole or not at all: resumed, checked, and with a clear word where they cannot come."""

from __future__ import annotations

import errno
import hashlib
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from conftest import environment

from gpt2 import catalog, fetch

CONTENT = bytes(range(256)) * 4000  # more than three chunks
SHA256 = hashlib.sha256(CONTENT).hexdigest()
QUICK: dict[str, Any] = {"pause": 0.0, "timeout": 10.0}


@dataclass
class Server:
    """A small web server on loopback, and what it does wrong on purpose."""

    address: str = ""
    content: bytes = CONTENT
    cuts: list[int] = field(default_factory=list)  # one each answer: bytes of the body before the line breaks
    answers: list[int] = field(default_factory=list)  # one each answer: a status in place of the content
    ranges: bool = True
    promise: str = ""  # sent with a redirect, as Hugging Face does
    asked: list[str] = field(default_factory=list)  # the Range of each request for the content, "" for all
    paths: list[str] = field(default_factory=list)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.paths.append(self.path)
            if self.path.startswith("/moved"):
                self.send_response(302)
                self.send_header("Location", f"{state.address}/file.bin")
                self.send_header("X-Linked-ETag", f'"{state.promise}"')
                self.end_headers()
                return
            wanted = self.headers.get("Range", "")
            state.asked.append(wanted)
            if state.answers and (status := state.answers.pop(0)) != 200:
                self.send_error(status)
                return
            found = re.fullmatch(r"bytes=(\d+)-", wanted) if state.ranges else None
            start = int(found[1]) if found else 0
            if start >= len(state.content):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(state.content)}")
                self.end_headers()
                return
            body = state.content[start:]
            self.send_response(206 if found else 200)
            if found:
                self.send_header("Content-Range", f"bytes {start}-{len(state.content) - 1}/{len(state.content)}")
            self.send_header("Content-Length", str(len(body)))
            if state.promise and not state.paths[0].startswith("/moved"):
                self.send_header("X-Linked-ETag", f'"{state.promise}"')
            self.end_headers()
            with suppress(OSError):  # whoever asked may have gone: not every test wants the body
                self.wfile.write(body[: state.cuts.pop(0)] if state.cuts else body)

        def log_message(self, *_: object) -> None:
            return

    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.address = f"http://127.0.0.1:{web.server_port}"
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    web.shutdown()
    thread.join()
    web.server_close()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- what goes well --------------------------------------------------------------------------------


def test_a_file_comes_whole_and_its_progress_is_seen(server: Server, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    target = tmp_path / "new" / "file.bin"
    made = fetch.fetch(
        f"{server.address}/file.bin", target, len(CONTENT), SHA256, lambda *at: seen.append(at), **QUICK
    )  # fmt: skip
    assert made == target and target.read_bytes() == CONTENT and names(target.parent) == ["file.bin"]
    done = [at for at, _ in seen]
    assert done[0] == 0 and done[-1] == len(CONTENT) and done == sorted(done) and len(done) > 3
    assert {total for _, total in seen} == {len(CONTENT)} and server.asked == [""]


def test_a_broken_connection_is_taken_up_where_it_broke(server: Server, tmp_path: Path) -> None:
    server.cuts = [300_000, 1000]
    fetch.fetch(f"{server.address}/file.bin", tmp_path / "f", sha256=SHA256, **QUICK)
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert server.asked == ["", "bytes=300000-", "bytes=301000-"]


def test_a_later_call_goes_on_with_what_an_earlier_one_left(server: Server, tmp_path: Path) -> None:
    server.cuts = [300_000, 0]
    with pytest.raises(fetch.FetchError, match="300 kB are kept: the same command goes on"):
        fetch.fetch(f"{server.address}/file.bin", tmp_path / "f", sha256=SHA256, tries=1, **QUICK)
    assert names(tmp_path) == ["f.part"]
    seen: list[int] = []
    fetch.fetch(
        f"{server.address}/file.bin", tmp_path / "f", sha256=SHA256, progress=lambda at, _: seen.append(at), **QUICK
    )  # fmt: skip
    assert (tmp_path / "f").read_bytes() == CONTENT and names(tmp_path) == ["f"]
    assert server.asked[-1] == "bytes=300000-" and seen[0] == 300_000


def test_a_piece_that_was_complete_is_not_fetched_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / "f.part").write_bytes(CONTENT)
    fetch.fetch(f"{server.address}/file.bin", tmp_path / "f", sha256=SHA256, **QUICK)
    assert (tmp_path / "f").read_bytes() == CONTENT and server.asked == [f"bytes={len(CONTENT)}-"]


@pytest.mark.parametrize("length", [100, len(CONTENT), len(CONTENT) + 5])
def test_a_piece_of_another_file_is_thrown_away(server: Server, tmp_path: Path, length: int) -> None:
    (tmp_path / "f.part").write_bytes(b"?" * length)
    fetch.fetch(f"{server.address}/file.bin", tmp_path / "f", sha256=SHA256, **QUICK)
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_a_server_that_knows_no_ranges_sends_all_again(server: Server, tmp_path: Path) -> None:
    server.ranges, server.cuts = False, [300_000]
    fetch.fetch(f"{server.address}/file.bin", tmp_path / "f", sha256=SHA256, **QUICK)
    assert (tmp_path / "f").read_bytes() == CONTENT and server.asked == ["", "bytes=300000-"]


@pytest.mark.parametrize("length", [100, len(CONTENT)])
def test_without_a_checksum_no_two_pieces_are_joined(server: Server, tmp_path: Path, length: int) -> None:
    (tmp_path / "f.part").write_bytes(b"?" * length)
    fetch.fetch(f"{server.address}/file.bin", tmp_path / "f", **QUICK)
    assert (tmp_path / "f").read_bytes() == CONTENT and server.asked == [f"bytes={length}-", ""]


def test_the_checksum_that_a_redirect_tells_is_held_to(server: Server, tmp_path: Path) -> None:
    server.promise, server.cuts = SHA256, [5000]
    fetch.fetch(f"{server.address}/moved", tmp_path / "f", **QUICK)
    assert (tmp_path / "f").read_bytes() == CONTENT and server.asked == ["", "bytes=5000-"]
    server.promise = "0" * 64
    with pytest.raises(fetch.FetchError, match="not the file that was meant"):
        fetch.fetch(f"{server.address}/moved", tmp_path / "g", **QUICK)
    assert names(tmp_path) == ["f"]


def test_a_checksum_told_without_a_redirect_is_held_to_as_well(server: Server, tmp_path: Path) -> None:
    server.promise = "0" * 64
    with pytest.raises(fetch.FetchError, match="instead of 000000000000"):
        fetch.fetch(f"{server.address}/file.bin", tmp_path / "f", **QUICK)


def test_a_busy_server_is_asked_again(server: Server, tmp_path: Path) -> None:
    server.answers = [503, 429]
    fetch.fetch(f"{server.address}/file.bin", tmp_path / "f", sha256=SHA256, **QUICK)
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_a_proxy_is_used_where_the_environment_names_one(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.address)
    fetch.fetch("http://files.invalid/a/file.bin", tmp_path / "f", sha256=SHA256, **QUICK)
    assert server.paths == ["http://files.invalid/a/file.bin"]


# --- what goes wrong -------------------------------------------------------------------------------


def test_a_wrong_checksum_keeps_nothing_and_spoils_nothing(server: Server, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("the one from before")
    with pytest.raises(fetch.FetchError, match="not the file that was meant: its SHA-256"):
        fetch.fetch(f"{server.address}/file.bin", tmp_path / "f", sha256="0" * 64, **QUICK)
    assert names(tmp_path) == ["f"] and (tmp_path / "f").read_text() == "the one from before"
    assert server.asked == [""]  # nothing was resumed, so nothing is tried twice


def test_a_wrong_size_is_noticed_before_anything_comes(server: Server, tmp_path: Path) -> None:
    seen: list[int] = []
    with pytest.raises(fetch.FetchError, match=r"1,024,000 bytes, not 7"):
        fetch.fetch(
            f"{server.address}/file.bin", tmp_path / "f", 7, SHA256, lambda at, _: seen.append(at), **QUICK
        )  # fmt: skip
    assert names(tmp_path) == [] and seen == []


def test_a_content_that_its_check_refuses_is_not_kept(server: Server, tmp_path: Path) -> None:
    with pytest.raises(fetch.FetchError, match="it is no shard of tokens"):
        fetch.fetch(f"{server.address}/file.bin", tmp_path / "f", check=catalog.shard, **QUICK)
    assert names(tmp_path) == []


def test_a_file_that_is_not_there_is_said_at_once(server: Server, tmp_path: Path) -> None:
    server.answers = [404]
    with pytest.raises(fetch.FetchError, match=r"127\.0\.0\.1 answers 404"):
        fetch.fetch(f"{server.address}/file.bin", tmp_path / "f", sha256=SHA256, **QUICK)
    assert names(tmp_path) == [] and len(server.asked) == 1


def test_a_server_that_stays_busy_is_given_up(server: Server, tmp_path: Path) -> None:
    server.answers = [503] * 9
    with pytest.raises(fetch.FetchError, match=r"again and again .*503"):
        fetch.fetch(f"{server.address}/file.bin", tmp_path / "f", sha256=SHA256, tries=3, **QUICK)
    assert len(server.asked) == 3 and names(tmp_path) == []


def test_offline_is_said_with_what_can_be_done(tmp_path: Path, server: Server) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, but nothing listens there
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}/file.bin"
        with pytest.raises(fetch.Offline) as caught:
            fetch.fetch(address, tmp_path / "f", sha256=SHA256, **QUICK)
    said = str(caught.value)
    assert "seems to be offline" in said and address in said and str(tmp_path / "f") in said
    assert names(tmp_path) == []


def test_a_name_that_nobody_knows_is_offline_too(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(fetch.Offline, match=r"files\.invalid cannot be reached \(Name or service not known\)"):
        fetch.fetch("http://files.invalid/f", tmp_path / "f", **QUICK)


def test_offline_keeps_what_had_come(server: Server, tmp_path: Path) -> None:
    (tmp_path / "f.part").write_bytes(CONTENT[:100])
    with pytest.raises(fetch.Offline):
        fetch.fetch("http://127.0.0.1:9/f", tmp_path / "f", sha256=SHA256, **QUICK)
    assert (tmp_path / "f.part").read_bytes() == CONTENT[:100]


def test_a_disk_that_fills_up_keeps_what_came(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = 400_000

    class Small:
        """A file on a disk with little room."""

        def __init__(self, file: Any) -> None:
            self.file = file

        def __getattr__(self, name: str) -> Any:
            return getattr(self.file, name)

        def write(self, chunk: memoryview) -> int:
            left = room - self.file.tell()
            if left < 1:
                raise OSError(errno.ENOSPC, "No space left on device")
            return int(self.file.write(chunk[:left]))  # a full disk takes what it can, first

    monkeypatch.setattr(fetch, "_write", lambda file, chunk, write=fetch._write: write(Small(file), chunk))
    with pytest.raises(fetch.FetchError, match="The disk is full: 400 kB of the file are kept"):
        fetch.fetch(f"{server.address}/file.bin", tmp_path / "f", sha256=SHA256, **QUICK)
    assert (tmp_path / "f.part").read_bytes() == CONTENT[:room]
    room = 10**9
    fetch.fetch(f"{server.address}/file.bin", tmp_path / "f", sha256=SHA256, **QUICK)
    assert (tmp_path / "f").read_bytes() == CONTENT and server.asked[-1] == "bytes=400000-"


def test_a_write_that_takes_only_some_is_gone_on_with() -> None:
    class Slow:
        taken = b""

        def write(self, chunk: memoryview) -> int:
            self.taken += bytes(chunk[:7])
            return min(7, len(chunk))

    file = Slow()
    fetch._write(file, CONTENT[:100])  # type: ignore[arg-type]
    assert file.taken == CONTENT[:100]


def test_a_disk_too_small_is_noticed_first(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1000})())
    with pytest.raises(fetch.FetchError, match=r"1\.0 MB are to come.* has room for 1\.0 kB"):
        fetch.fetch(f"{server.address}/file.bin", tmp_path / "f", sha256=SHA256, **QUICK)
    assert names(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_named(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(fetch.FetchError, match="cannot be written"):
        fetch.fetch(f"{server.address}/file.bin", tmp_path / "file" / "f", **QUICK)


def test_two_commands_do_not_write_one_file(server: Server, tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    with fetch._held(tmp_path / "f.part"), pytest.raises(fetch.FetchError, match="by another command"):
        fetch.fetch(f"{server.address}/file.bin", tmp_path / "f", **QUICK)


def test_sizes_are_written_as_people_do() -> None:
    sizes = [0, 912, 1_115_394, 456_318, 12_246_618, 200_001_024, 20_600_000_000]
    assert [fetch.amount(n) for n in sizes] == [
        "0 bytes", "912 bytes", "1.1 MB", "456 kB", "12 MB", "200 MB", "21 GB",
    ]  # fmt: skip


# --- the catalog -----------------------------------------------------------------------------------


def test_fetching_needs_the_standard_library_alone() -> None:
    code = (
        "import sys, gpt2.config; before = set(sys.modules); import gpt2.fetch, gpt2.catalog\n"
        "found = {name.partition('.')[0] for name in set(sys.modules) - before} - {'gpt2'}\n"
        "print(sorted(found - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True, timeout=60
    )  # fmt: skip
    assert done.stdout.strip() == "[]"


def test_what_is_not_here_yet_is_an_error_that_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADATIM_CACHE", str(tmp_path))
    with pytest.raises(ValueError, match="gradatim data get shakespeare"):
        catalog.place("shakespeare")
    with pytest.raises(ValueError, match="did you mean fineweb-edu"):
        catalog.find("fineweb-ed")
    folder = catalog.find("shakespeare").folder
    folder.mkdir(parents=True)
    (folder / "input.txt.part").write_text("half")
    assert catalog.find("shakespeare").partial() == 4
    with pytest.raises(ValueError, match="not on this machine yet"):
        catalog.place("shakespeare")
    (folder / "input.txt").write_text("To be")
    assert catalog.place("shakespeare") == folder / "input.txt"


def test_fineweb_is_one_shard_to_measure_on_and_as_many_to_train_on_as_are_wanted() -> None:
    offer = catalog.find("FineWeb_Edu")
    assert [file.name for file in offer.files(2)] == [
        "finewebedu_val_000000.bin", "finewebedu_train_000001.bin", "finewebedu_train_000002.bin",
    ]  # fmt: skip
    assert {file.size for file in offer.files(2)} == {200_001_024}
    assert offer.files()[1].address.startswith("https://huggingface.co/datasets/kjj0/finewebedu10B-gpt2/resolve/")
    for wrong in (0, 100):
        with pytest.raises(ValueError, match="has 1 to 99"):
            offer.files(wrong)


def test_the_vocabulary_has_the_names_that_tiktoken_gives_it() -> None:
    assert [file.name for file in catalog.find("gpt2-bpe").files()] == [
        "6d1cbeee0f20b3d9449abfede4726ed8212e3aee", "6c7ea1a7e38e3a7f062df639a5b80947f075ffe6",
    ]  # fmt: skip


def test_a_damaged_file_is_fetched_anew_and_a_whole_one_is_left(server: Server, tmp_path: Path) -> None:
    file = catalog.File("f", f"{server.address}/file.bin", len(CONTENT), SHA256)
    (tmp_path / "f").write_bytes(b"?" * len(CONTENT))
    for _ in range(2):
        assert catalog.get(file, tmp_path).read_bytes() == CONTENT
    assert server.asked == [""]


def test_a_shard_is_looked_into_before_it_counts(server: Server, tmp_path: Path) -> None:
    from gpt2 import data

    file = catalog.File("a.bin", f"{server.address}/a.bin", 0)
    for content, said in (
        (data.shard([1, 2, 3])[:-2], "promises 3 tokens, and it holds 2"),
        (b"\0" * 2000, "no shard of tokens"),
        (b"short", "no shard of tokens"),
    ):
        server.content = content
        with pytest.raises(fetch.FetchError, match=said):
            catalog.get(file, tmp_path)
        assert names(tmp_path) == []
    server.content = data.shard([1, 2, 3])
    assert data.read_shard(catalog.get(file, tmp_path)).tolist() == [1, 2, 3]


def test_weights_are_looked_into_before_they_count(server: Server, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save

    whole = save({"wte.weight": torch.zeros(3, 2), "ln_f.bias": torch.ones(2)}, {"format": "pt"})
    file = catalog.File("model.safetensors", f"{server.address}/model.safetensors", 0)
    for content, said in (
        (whole[:-3], "promises 32 bytes of weights, and it holds 29"),
        (whole + b"?", "it holds 33"),
        (b"\x80\x04pickled by somebody", "no safetensors file"),
        ((4).to_bytes(8, "little") + b"[12]", "no safetensors file"),
    ):
        server.content = content
        with pytest.raises(fetch.FetchError, match=said):
            catalog.get(file, tmp_path)
        assert names(tmp_path) == []
    server.content = whole
    assert catalog.get(file, tmp_path).read_bytes() == whole
    about = catalog.File("config.json", f"{server.address}/config.json", 0)
    server.content = b"<html>sign in</html>"
    with pytest.raises(fetch.FetchError, match="no JSON object"):
        catalog.get(about, tmp_path)
    server.content = b'{"model_type": "gpt2"}'
    assert catalog.get(about, tmp_path).read_bytes() == server.content


def test_the_released_weights_are_those_of_one_revision() -> None:
    config, weights = catalog.find("gpt2-weights").files()
    assert (config.name, weights.name, weights.size) == ("config.json", "model.safetensors", 548_105_171)
    assert {len(part) for file in (config, weights) for part in file.address.split("/")[-2:-1]} == {40}
    assert weights.sha256 is not None and len(weights.sha256) == 64


SHARED = Path(__file__).parents[3] / "shared" / "data"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the small texts are not on this machine")
def test_the_checksums_are_those_of_the_real_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, path in (("shakespeare", "tinyshakespeare.txt"), ("names", "names.txt")):
        (file,) = catalog.find(name).files()
        assert (file.size, file.sha256) == ((SHARED / path).stat().st_size, fetch.digest_of(SHARED / path))
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "empty"))
    monkeypatch.setenv("GRADATIM_CACHE", str(tmp_path))
    assert catalog.vocabulary_folder() is None
    own = catalog.find("gpt2-bpe").folder
    own.mkdir(parents=True)
    for file in catalog.find("gpt2-bpe").files():
        (own / file.name).write_bytes((SHARED / "tiktoken" / file.name).read_bytes())
        assert (own / file.name).stat().st_size == file.size
    assert catalog.vocabulary_folder() == own
