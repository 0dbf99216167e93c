"""The process in which a learner's code runs: it does one job, tells what it saw in frames, and ends.

Whatever happens here decides nothing: no exit code, no assert, no test outcome is believed. The judge believes
observations alone, and only when they agree with the reference's.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import random
import signal
import sys
import threading
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from _pytest.runner import runtestprotocol

from graders import sandbox
from graders.encode import encode
from graders.submission import Submission, describe_exception, draw_questions, load, start_text, where
from graders.wire import pack

Frame = dict[str, Any]
CHECKS = Path(__file__).parent / "checks"


class Channel:
    """Writes frames to the judge. One lock, so that a stray thread cannot tear a frame."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._lock = threading.Lock()

    def send(self, kind: str, payload: bytes = b"", **header: Any) -> None:
        with self._lock:
            self._write(pack({"f": kind, **header}, payload))

    def value(self, kind: str, value: Any, **header: Any) -> None:
        """Send a frame with one encoded value."""
        payload = bytearray()
        node = encode(value, payload)
        self.send(kind, bytes(payload), node=node, **header)


class Enough(BaseException):
    """What the lens was to see has been seen."""


def run(job: Frame, channel: Channel, session: pytest.Session) -> None:
    """Do one job, in this process, and return when it is done; ``session`` has been made by `in_session`."""
    kind = job["do"]
    channel.send("hello", pid=os.getpid())
    if kind == "check":
        _check(job, channel, session)
    elif kind == "fence":
        from graders.fences import run_page

        _lock({**job, **with_gpu(job["page"])}, channel)
        channel.send("result", value=run_page(job["page"], job["index"], job["edited"], **job["own"]))
    elif kind == "examples":
        from graders.examples import judged

        _lock(job, channel)
        judging = (job["examples"], job["answer"], job["wrong"], job["entry"], job["each"])
        channel.send("result", value=judged(*judging))
    elif kind == "quiz":
        from graders.quiz import draw

        _limit(job)
        channel.send("result", value=draw(job["deck"], job["item"], job["seed"]))
    elif kind == "start":
        channel.send("result", value=start_text(job["start"], job["questions"], job["seed"]))
    channel.send("done")


def with_gpu(page: list[str]) -> Frame:
    """Let a page that speaks of CUDA have the GPU, where there is one; returns how its job differs then.

    Checks never see a GPU. A page does, and its driver goes on opening devices and mapping memory: behind closed doors
    it could not, so they stay open for it. The code is ours, or edited by the one who sits here.
    """
    if not any("cuda" in code for code in page):
        return {}
    os.environ.pop("CUDA_VISIBLE_DEVICES", None)
    try:
        if not torch.cuda.is_available():
            return {}
        torch.cuda.init()
    except Exception:  # a driver that does not answer: the page says what it says without one
        return {}
    return {"trusted": True, "memory_mb": 1 << 22}


def _limit(job: Frame) -> None:
    sandbox.limit_resources(job.get("memory_mb", 1024), job.get("cpu_seconds", 60))


def _lock(job: Frame, channel: Channel) -> None:
    """Close the doors: from here on the learner's code may run."""
    torch.set_num_threads(int(job.get("threads", 1)))
    told: set[str] = set()

    def tell(what: str) -> None:
        if what not in told:
            told.add(what)
            channel.send("tried", what=what)

    scratch = Path(job["scratch"])
    os.chdir(scratch)
    os.environ.clear()
    os.environ.update({"HOME": str(scratch), "TMPDIR": str(scratch), "PATH": "", "HF_HUB_OFFLINE": "1"})
    _limit(job)
    if hasattr(signal, "SIGUSR1"):  # the judge's last question to code that hangs where Python does not answer
        faulthandler.register(signal.SIGUSR1, file=2, all_threads=False)
    if job.get("trusted"):
        return
    sandbox.restrict_files(sandbox.libraries(), [scratch])
    sandbox.restrict_calls(threads=not job.get("forbids"))  # modes do not see into other threads
    sandbox.hear(tell)


# --- checks ------------------------------------------------------------------------------------------------------


class Checks:
    """A pytest plugin that runs the checks in file order, for each seed, and sends what they observe."""

    def __init__(self, job: Frame, channel: Channel) -> None:
        self.job, self.channel = job, channel
        self.filename: str = job["file"]
        self.seed = 0
        self.module: Submission | None = None
        self.trouble = ""

    def fixtures(self) -> Any:
        """Fixtures as a plugin object of their own (pytest finds them by attribute)."""
        from graders.kit import Draw, Observe

        outer = self

        class Fixtures:
            @pytest.fixture
            def submission(self) -> Any:
                return outer.module

            @pytest.fixture
            def draw(self, request: Any) -> Draw:
                return Draw(outer.seed, request.node.name)

            @pytest.fixture
            def observe(self, request: Any) -> Observe:
                return Observe(outer.send(request.node.name), outer.filename, outer.seed, request.node.name)

        return Fixtures()

    def send(self, check: str) -> Callable[[str, Any, Any], None]:
        last = self.job.get("last")  # through the lens, nothing after the failing observation is of interest
        count = 0

        def send(name: str, value: Any, rule: Any) -> None:
            nonlocal count
            if last is not None and count > last:
                raise Enough
            count += 1
            if isinstance(value, BaseException):
                node = {"k": "raised", "type": type(value).__name__, "message": str(value)[:400]}
                self.channel.send("observe", check=check, name=name, rule=rule, node=node)
            else:
                self.channel.value("observe", value, check=check, name=name, rule=rule)

        return send

    def pytest_collectreport(self, report: Any) -> None:
        """A check file that cannot be collected is our own fault, and told as such."""
        if report.failed:
            self.trouble = report.longreprtext[-2000:]

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.trouble = report.longreprtext[-2000:]

    def run(self, items: list[Any]) -> None:
        """Run the checks that are asked for, on every seed."""
        only = self.job.get("only")
        items = [i for i in items if not only or i.name in only]
        self.channel.send(
            "ladder", checks=[{"name": i.name, "title": _title(i.function.__doc__, i.name)} for i in items]
        )
        _lock(self.job, self.channel)
        for seed in self.job["seeds"]:
            self.seed = seed
            self.channel.send("seed", seed=seed)
            if not self._load(seed):
                return
            for item in items:
                self._reseed(seed)
                runtestprotocol(item, log=True)

    def _load(self, seed: int) -> bool:
        """Import the submission, afresh for each seed. False when it cannot be imported."""
        self._reseed(seed)
        given = {}
        if self.job.get("questions"):
            given["QUESTIONS"] = draw_questions(self.job["questions"], seed)
        self.channel.send("begin", check="runs")
        try:
            with self._alarm():
                self.module = load(self.job["source"], self.filename, given)
                missing = [n for n in self.job["entry"] if n not in self.module.__dict__]
        except BaseException as error:
            self.channel.send("raised", check="runs", **describe_exception(error, self.filename))
            return False
        self.channel.send("end", check="runs", missing=missing)
        return not missing

    def _reseed(self, seed: int) -> None:
        random.seed(seed)
        torch.default_generator.manual_seed(seed)  # torch.manual_seed asks other devices too, at ten times the cost

    def pytest_pyfunc_call(self, pyfuncitem: Any) -> bool:
        """Run one check. Nothing that is raised here reaches pytest: it is told to the judge instead."""
        name = pyfuncitem.name
        arguments = {n: pyfuncitem.funcargs[n] for n in pyfuncitem._fixtureinfo.argnames}
        self.channel.send("begin", check=name)
        forbidden = None
        try:
            with self._alarm(), self._watch() as watch, self._lens(name):
                pyfuncitem.obj(**arguments)
        except BaseException as error:
            self.channel.send("raised", check=name, **describe_exception(error, self.filename))
        if watch is not None:
            for number, rule in enumerate(self.job["forbids"]):
                found = watch.forbidden(rule)
                if found:
                    forbidden = {"rule": number, "name": found[0], "line": found[1]}
                    break
            if forbidden is None and not watch.intact:
                forbidden = {"rule": -1, "name": "", "line": None}
        self.channel.send("end", check=name, forbidden=forbidden)
        return True

    @contextlib.contextmanager
    def _watch(self) -> Any:
        if not self.job.get("forbids"):
            yield None
            return
        from graders.watch import Watch, names_an_optimizer

        optimizers = any(map(names_an_optimizer, self.job["forbids"]))
        floor = sys._getframe(2)  # of what runs the check
        with Watch(self.filename, optimizers=optimizers, floor=floor) as watch:
            yield watch

    @contextlib.contextmanager
    def _lens(self, check: str) -> Any:
        if not self.job.get("lens"):
            yield
            return
        from graders.lens import Lens

        lens = Lens(self.filename)
        try:
            with lens:
                yield
        finally:
            graph = lens.graph() if self.job.get("graph") else ""
            self.channel.send("lens", check=check, lines=lens.lines(), graph=graph)

    @contextlib.contextmanager
    def _alarm(self) -> Any:
        """Tell where the code hangs, shortly before the judge ends the process."""
        seconds = float(self.job["seconds"])
        if not hasattr(signal, "setitimer"):
            yield
            return

        def ring(number: int, frame: types.FrameType | None) -> None:
            self.channel.send("hung", **where(frame, self.filename))
            os._exit(1)

        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


def _check(job: Frame, channel: Channel, session: pytest.Session) -> None:
    plugin = Checks(job, channel)
    for part in (plugin, plugin.fixtures()):
        session.config.pluginmanager.register(part)
    file = pytest.Module.from_parent(session, path=CHECKS / job["check"])
    items = list(session.genitems(file))
    if not plugin.trouble:
        plugin.run(items)
    if plugin.trouble:
        channel.send("broken", message=f"{job['check']}: {plugin.trouble}")


def in_session(work: Callable[[pytest.Session], object]) -> None:
    """Set up a pytest session and work inside of it; a fork finds ready what takes most of a small check's time."""

    class Inside:
        def pytest_collection(self, session: pytest.Session) -> bool:
            work(session)
            return True

    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    pytest.main([*PYTEST, f"--rootdir={CHECKS}", str(CHECKS)], plugins=[Inside()])


_WITHOUT = (
    "cacheprovider terminal capture logging doctest junitxml pastebin setuponly setupplan stepwise warnings "
    "legacypath faulthandler threadexception unraisableexception debugging monkeypatch tmpdir skipping"
)
PYTEST = ["-c", os.devnull, "--noconftest", "--assert=plain", "--import-mode=importlib"]
PYTEST += [word for name in _WITHOUT.split() for word in ("-p", f"no:{name}")]


def _title(doc: str | None, name: str) -> str:
    return (doc or name.removeprefix("test_").replace("_", " ")).strip().splitlines()[0].rstrip(".")
