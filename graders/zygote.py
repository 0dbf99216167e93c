"""A process that has torch loaded and forks a child for every job; it runs no torch operation and knows no answer.

A child inherits this process's memory, so nothing secret may ever be in it: reference logs live in the judging
process, which never forks. Where forking is unsafe (macOS, Windows), ``--once`` makes the process itself the child:
it does the one job that comes on its standard input, and the judge keeps a spare one waiting.
"""

from __future__ import annotations

import os

for _name, _value in (
    *(("OMP_NUM_THREADS", "1"), ("MKL_NUM_THREADS", "1"), ("CUDA_VISIBLE_DEVICES", "")),
    ("TRITON_INTERPRET", "1"),  # torch loads Triton where it is installed, and what Triton loads decides then
):
    os.environ[_name] = _value  # before torch is loaded: a parent with threads or a GPU breaks its children

import contextlib  # noqa: E402
import gc  # noqa: E402
import importlib  # noqa: E402
import json  # noqa: E402
import select  # noqa: E402
import signal  # noqa: E402
import socket  # noqa: E402
import sys  # noqa: E402
import warnings  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

from graders import ahead  # noqa: E402

PRELOADED = (
    *("pytest", "_pytest.assertion", "_pytest.fixtures", "_pytest.python", "_pytest.runner", "_pytest.unittest"),
    *("torch", "torch._dynamo", "torch.nn.functional", "torch.optim", "torch.overrides", "torch.utils.data"),
    *("torch.distributed", "torch.utils._python_dispatch", "graders.child", "graders.effort", "graders.fences"),
    *("graders.kit", "graders.lens", "graders.operands", "graders.pictures", "graders.plates", "graders.quiz"),
    *("graders.submission", "graders.watch", "lessons", "gpt2.world"),
)
"""What jobs need: a fork finds it loaded, and behind closed doors it could not be read any more. `torch._dynamo` is
what modes and optimizers load at their first use; it takes most of a second."""


def preload() -> None:
    warnings.simplefilter("ignore")
    for name in PRELOADED:
        importlib.import_module(name)


def step_back() -> None:
    """Let this whole session be as nice as this process.

    Where Linux shares the processor out among sessions (sched(7), autogroup), a nice value counts only within one, and
    this process has been given a session of its own.
    """
    with contextlib.suppress(OSError, AttributeError):  # other systems know neither
        Path("/proc/self/autogroup").write_text(str(os.getpriority(os.PRIO_PROCESS, 0)), encoding="ascii")


def serve(control: socket.socket, session: Any) -> None:
    """Fork a child for each request on the control socket; tell how each child ended."""
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()
    control.sendall(b'{"ready": true}\n')
    sources: list[Any] = [control, wake_read]
    while True:
        ready = select.select(sources, [], [])[0]
        if wake_read in ready:
            os.read(wake_read, 4096)
            _reap(control)
        if control in ready:
            message, fds, _, _ = socket.recv_fds(control, 4096, 2)
            if not message:
                os._exit(0)
            request = json.loads(message)
            ahead.load(request["load"])
            pid = os.fork()
            if pid == 0:
                for fd in (wake_read, wake_write, control.fileno()):
                    with contextlib.suppress(OSError):
                        os.close(fd)
                _become_child(fds[0], fds[1], session)
            for fd in fds:
                os.close(fd)
            control.sendall(json.dumps({"forked": request["number"], "pid": pid}).encode() + b"\n")


def _reap(control: socket.socket) -> None:
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            code = os.waitstatus_to_exitcode(status)
            control.sendall(json.dumps({"ended": pid, "code": code}).encode() + b"\n")


def _become_child(talk: int, output: int, session: Any) -> None:
    """Turn this fork into the process of one job; never returns."""
    with contextlib.suppress(BaseException):
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.setpgid(0, 0)  # a group to be killed by, and no session: a new one would not step back with this one
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        for fd in (null, output):
            os.close(fd)
        connection = socket.socket(fileno=talk)
        _work(connection.makefile("rb"), connection.sendall, session)
    os._exit(0)


def _work(reader: Any, write: Any, session: Any) -> None:
    from graders import child
    from graders.wire import Broken

    channel = child.Channel(write)
    try:
        size = int.from_bytes(reader.read(4), "big")
        job = json.loads(reader.read(size))
    except (ValueError, Broken):
        return
    try:
        child.run(job, channel, session)
    except SystemExit:
        raise
    except BaseException as error:
        channel.send("broken", message=f"{type(error).__name__}: {error}")
    sys.stdout.flush()


def once(session: Any) -> None:
    """Do one job from standard input in this very process."""
    reader = os.fdopen(os.dup(0), "rb")
    talk = os.dup(1)
    os.dup2(2, 1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)

    def write(data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(talk, view) :]

    _work(reader, write, session)
    os._exit(0)


if __name__ == "__main__":
    preload()
    step_back()
    from graders.child import in_session

    in_session(once if "--once" in sys.argv else lambda session: serve(socket.socket(fileno=int(sys.argv[1])), session))
