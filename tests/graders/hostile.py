"""Submissions that want a pass without earning it, or want to hurt the grader: none of them may get either.

Each is judged as stable-softmax. ``WRONG`` is a pair of functions that are plainly wrong, ``GOOD`` a right pair.
"""

# ruff: noqa: E501
from __future__ import annotations

from dataclasses import dataclass

WRONG = """
import torch

def softmax(x, dim):
    return x * 0 + 0.5

def log_softmax(x, dim):
    return x * 0 - 0.7
"""

GOOD = """
import torch

def softmax(x, dim):
    p = (x - x.amax(dim, keepdim=True)).exp()
    return p / p.sum(dim, keepdim=True)

def log_softmax(x, dim):
    s = x - x.amax(dim, keepdim=True)
    return s - s.exp().sum(dim, keepdim=True).log()
"""

LIBRARY = """
import torch
import torch.nn.functional as F

def softmax(x, dim):
    return {soft}

def log_softmax(x, dim):
    s = x - x.amax(dim, keepdim=True)
    return s - s.exp().sum(dim, keepdim=True).log()
"""


@dataclass(frozen=True)
class Hostile:
    """One submission, the verdicts that are honest for it, and a word that its sentence must hold."""

    name: str
    source: str
    status: tuple[str, ...]
    says: str = ""


def library(name: str, soft: str, before: str = "") -> Hostile:
    """A library shortcut: right values, the wrong way."""
    return Hostile(
        name, before + LIBRARY.replace("{soft}", soft), ("forbidden", "error"), "softmax|calls|switched|thread"
    )


def inside(name: str, body: str, status: tuple[str, ...] = ("error",), says: str = "") -> Hostile:
    """A wrong answer whose functions run ``body`` first."""
    lines = "\n".join("    " + line for line in body.strip().splitlines())
    functions = f"\ndef softmax(x, dim):\n{lines}\n    return x * 0 + 0.5\n\ndef log_softmax(x, dim):\n    return x\n"
    return Hostile(name, "import torch\n" + functions, status, says)


def outside(name: str, body: str, status: tuple[str, ...] = ("failed",), says: str = "", base: str = WRONG) -> Hostile:
    """A wrong answer that runs ``body`` when it is imported."""
    return Hostile(name, body + "\n" + base, status, says)


FRAMES = """
import gc, struct, json
def frame(**h):
    head = json.dumps({**h, "bytes": 0}).encode()
    return struct.pack(">I", len(head)) + head
"""

HOSTILE: list[Hostile] = [
    # leaving early
    outside("sys.exit(0) on import", "import sys; sys.exit(0)", ("error",), "exit"),
    outside("exit() on import", "exit()", ("error",), "exit"),
    outside("os._exit(0) on import", "import os; os._exit(0)", ("error",), "ended the whole Python process"),
    outside("quit in a class body", "class A:\n    quit()", ("error",), "exit"),
    inside("sys.exit(0) in the function", "import sys; sys.exit(0)", ("error",), "exit"),
    inside("os._exit(0) in the function", "import os; os._exit(0)", ("error",), "ended the whole Python process"),
    inside("raise SystemExit", "raise SystemExit(0)", ("error",), "exit"),
    inside("raise KeyboardInterrupt", "raise KeyboardInterrupt", ("error",), "KeyboardInterrupt"),
    inside("raise GeneratorExit", "raise GeneratorExit", ("error",), "GeneratorExit"),
    inside("abort", "import os; os.abort()", ("error",), "crashed"),
    inside("a segmentation fault", "import ctypes; ctypes.string_at(0)", ("error",), "crashed"),
    inside("pytest.exit", "import pytest; pytest.exit('passed', returncode=0)", ("error",), "Exit"),
    inside("pytest.skip", "import pytest; pytest.skip('not today')", ("error",), "Skipped"),
    outside("pytest.skip on import", "import pytest; pytest.skip('no', allow_module_level=True)", ("error",), "Skipped"),
    inside("kills itself", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)", ("error",), "ended"),
    inside("stops itself", "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", ("timeout",), "No end"),
    # never ending
    inside("while True", "while True: pass", ("timeout",), "line"),
    outside("while True on import", "while True: pass", ("timeout",), "line"),
    inside("sleeping", "import time; time.sleep(10**6)", ("timeout",), "No end"),
    inside("waiting on a lock", "import threading; threading.Semaphore(0).acquire()", ("timeout",), "No end"),
    inside("swallowing everything",
           "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True:\n    try:\n        while True: pass\n"
           "    except BaseException: pass", ("timeout",), "No end"),
    inside("deep recursion", "return softmax(x, dim)", ("error",), "RecursionError"),
    inside("a regular expression from hell", "import re; re.match(r'(a+)+$', 'a' * 60 + 'b')", ("timeout",), "No end"),
    # taking too much
    inside("64 GB", "torch.zeros(2**34).add_(1)", ("limit",), "memory|alloc"),
    inside("a list without end", "a = []\nwhile True: a.append(bytearray(10**7))", ("limit", "error"), "Memory|memory"),
    inside("a flood of output", "while True: print('x' * 1000)", ("limit",), "printed"),
    outside("a flood on import", "for i in range(10**7): print('passed ' * 100)", ("limit",), "printed"),
    inside("a flood on stderr", "import sys\nwhile True: sys.stderr.write('x' * 1000)", ("limit",), "printed"),
    inside("a flood through the descriptor", "import os\nwhile True: os.write(1, b'x' * 65536)", ("limit",), "printed"),
    inside("a large file", "open('big', 'wb').write(bytes(10**8))", ("limit", "error"), "large|OSError"),
    inside("thousands of files", "keep = [open(f'f{i}', 'w') for i in range(10**4)]", ("error",), "Too many open files"),
    inside("a tensor of 600 MB returned", "return torch.zeros(150_000_000)", ("failed", "error", "limit"), ""),
    # starting things
    inside("a fork bomb", "import os\nwhile True: os.fork()", ("error", "forbidden"), "process|permitted"),
    inside("a shell", "import os; os.system('sleep 60 &')", ("failed", "forbidden"), ""),
    inside("subprocess", "import subprocess; subprocess.Popen(['sleep', '60'])", ("error", "forbidden"), ""),
    inside("multiprocessing", "import multiprocessing as m; m.get_context('fork').Process(target=print).start()",
           ("error", "forbidden"), ""),
    inside("a new session", "import os; os.setsid()", ("error",), "permitted"),
    inside("a socket", "import socket; socket.create_connection(('127.0.0.1', 80), 1)", ("error", "forbidden"), ""),
    inside("exec of another program", "import os; os.execv('/bin/true', ['true'])", ("error", "forbidden"), ""),
    # reaching for the grader
    inside("kills its parent", "import os, signal; os.kill(os.getppid(), signal.SIGKILL)", ("error",), "permitted"),
    inside("kills everybody", "import os, signal; os.kill(-1, signal.SIGKILL)", ("error",), "permitted"),
    inside("stops its parent", "import os, signal; os.kill(os.getppid(), signal.SIGSTOP)", ("error",), "permitted"),
    inside("reads the answer",
           "import exercises\nsource = exercises.exercise('stable-softmax').text('answer.py')", ("error",), ""),
    inside("reads the answer by path",
           "import graders, pathlib\np = pathlib.Path(graders.__file__).parent.parent / 'exercises/broadcasting'\n"
           "open(p / 'stable_softmax/answer.py').read()", ("error",), "ermission"),
    inside("lists the answers",
           "import graders, pathlib, os\nos.listdir(pathlib.Path(graders.__file__).parent.parent / 'exercises')",
           ("error",), "ermission"),
    inside("reads the check", "import graders.child as c\nopen(c.CHECKS / 'broadcasting/test_stable_softmax.py').read()",
           ("error",), "ermission"),
    inside("reads the home folder", "import os; os.listdir('/root'); os.listdir('/home'); open('/etc/passwd')",
           ("error",), "ermission"),
    inside("writes outside", "open('/tmp/gradatim-hostile', 'w').write('x')", ("error",), "ermission"),
    inside("searches memory for the reference",
           "import gc\nfound = [o for o in gc.get_objects() if type(o).__name__ in ('Seen', 'Log', 'Reference')]\n"
           "return found[0]", ("error",), "IndexError"),
    # patching
    outside("torch.allclose always true", "import torch; torch.allclose = lambda *a, **k: True"),
    outside("torch.equal always true", "import torch; torch.equal = lambda *a, **k: True"),
    outside("torch.testing silenced", "import torch.testing as t; t.assert_close = lambda *a, **k: None", ("failed", "error")),
    outside("observe replaced", "import graders.kit as k; k.Observe.__call__ = lambda *a, **k: None", ("failed", "error"), ""),
    outside("rules loosened", "import graders.observe as o; o.equal = lambda *a, **k: {'rule': 'noted'}"),
    outside("rules loosened in the kit",
            "import graders.kit as k; k.equal = lambda *a, **kw: {'rule': 'noted'}; k.holds = k.equal"),
    outside("a log that says done at once",
            FRAMES + "import graders.child as c\nfor o in gc.get_objects():\n    if type(o) is c.Channel:\n"
            "        o.send('end', check='runs')\n        o.send('done')", ("error", "failed")),
    outside("frames written by hand",
            FRAMES + "import os, stat\nfor fd in range(3, 30):\n    try:\n"
            "        if stat.S_ISSOCK(os.fstat(fd).st_mode): os.write(fd, frame(f='done'))\n    except OSError: pass",
            ("error", "failed")),
    outside("garbage into every descriptor",
            "import os\nfor fd in range(3, 30):\n    try: os.write(fd, b'passed' * 1000)\n    except OSError: pass",
            ("error",), "record|ended|counts"),
    outside("closes every descriptor", "import os; os.closerange(3, 1000)", ("error",), "ended|process"),
    outside("the pytest plugin silenced",
            "import graders.child as c; c.Checks.pytest_pyfunc_call = lambda self, pyfuncitem: True", ("error", "failed")),
    outside("a check replaced",
            "import gc, types\nfor f in gc.get_objects():\n    if type(f) is types.FunctionType and f.__name__.startswith('test_'):\n"
            "        f.__code__ = (lambda submission, draw, observe: None).__code__", ("error", "failed")),
    outside("an exception hook", "import sys; sys.excepthook = lambda *a: None"),
    outside("an atexit handler", "import atexit, os; atexit.register(os._exit, 0)"),
    outside("a trace function", "import sys; sys.settrace(lambda *a: None)"),
    outside("encode replaced", "import graders.child as c; c.encode = lambda v, p: {'k': 'plain', 't': 'NoneType', 'v': None}"),
    # lying objects
    inside("an object that equals everything",
           "class Yes:\n    def __eq__(self, o): return True\n    def __getattr__(self, n): return self\n"
           "    def __call__(self, *a, **k): return self\n    shape = (1,)\nreturn Yes()", ("failed", "error"), ""),
    inside("a tensor subclass",
           "class Yes(torch.Tensor):\n    @classmethod\n    def __torch_function__(cls, f, t, a=(), k=None): return True\n"
           "return torch.Tensor._make_subclass(Yes, torch.zeros(1))", ("failed", "error"), ""),
    inside("an int subclass", "class N(int):\n    def __eq__(self, o): return True\nreturn N(1)", ("failed",), ""),
    inside("NaN everywhere", "return x * float('nan')", ("failed",), "nan"),
    inside("a tensor on meta", "return torch.empty(x.shape, device='meta')", ("failed",), "meta"),
    inside("its own input changed", "x.zero_()\nreturn x", ("failed",), ""),
    outside("a right answer that writes into its input", "", ("failed",), "written to",
            base=GOOD.replace("    s = x -", "    x.mul_(1)\n    s = x -").replace("    p = (x", "    x.mul_(1)\n    p = (x")),
    # shortcuts
    library("torch.softmax", "torch.softmax(x, dim)"),
    library("the method", "x.softmax(dim)"),
    library("F.softmax", "F.softmax(x, dim)"),
    library("the module", "torch.nn.Softmax(dim)(x)"),
    library("getattr", "getattr(torch, 'soft' + 'max')(x, dim)"),
    library("an alias", "soft(x, dim)", "from torch import softmax as soft\n"),
    library("torch.special", "torch.special.softmax(x, dim)"),
    library("aten", "torch.ops.aten._softmax(x, dim, False)"),
    library("aten.softmax.int", "torch.ops.aten.softmax.int(x, dim)"),
    library("softmin of the negative", "F.softmin(-x, dim)"),
    library("exp of log_softmax", "torch.log_softmax(x, dim).exp()"),
    library("logsumexp", "(x - torch.logsumexp(x, dim, keepdim=True)).exp()"),
    library("function mode off", "hidden(x, dim)",
            "def hidden(x, dim):\n    with torch._C.DisableTorchFunction():\n        return torch.softmax(x, dim)\n"),
    library("dispatch modes off", "hidden(x, dim)",
            "from torch.utils._python_dispatch import _disable_current_modes\n"
            "def hidden(x, dim):\n    with _disable_current_modes():\n"
            "        return torch.softmax(x, dim)\n"),
    library("in a thread", "hidden(x, dim)",
            "import threading\ndef hidden(x, dim):\n    out = []\n"
            "    t = threading.Thread(target=lambda: out.append(torch.softmax(x, dim)))\n    t.start(); t.join()\n"
            "    return out[0]\n"),
    library("both modes off by the keys", "hidden(x, dim)",
            "def hidden(x, dim):\n    key = torch._C.DispatchKeySet(torch._C.DispatchKey.Python)\n"
            "    with torch._C.DisableTorchFunction(), torch._C._ExcludeDispatchKeyGuard(key):\n"
            "        return torch.softmax(x, dim)\n"),
    library("both modes popped and put back", "hidden(x, dim)",
            "from torch.utils import _python_dispatch as d\nfrom torch import overrides as o\n"
            "def hidden(x, dim):\n    f, m = o._pop_mode(), d._pop_mode()\n    out = torch.softmax(x, dim)\n"
            "    d._push_mode(m); o._push_mode(f)\n    return out\n"),
    library("the dispatch modes off, and aten", "hidden(x, dim)",
            "from torch.utils._python_dispatch import _disable_current_modes\n"
            "def hidden(x, dim):\n    with _disable_current_modes():\n"
            "        return torch.ops.aten.softmax.int(x, dim)\n"),
    library("inside of what draws the inputs", "hidden(x, dim)",
            "import torch\nkept = []\nold = torch.Tensor.clone, torch.Tensor.mul_\n"
            "torch.Tensor.clone = lambda t, **k: (kept.append(torch.softmax(t, -1)), old[0](t, **k))[1]\n"
            "torch.Tensor.__or__ = lambda t, o: kept.append(torch.softmax(t.float(), -1)) or torch.logical_or(t, o)\n"
            "def hidden(x, dim):\n    x.clone()\n    return kept[-1]\n"),
    library("a mode popped", "hidden(x, dim)",
            "from torch.utils import _python_dispatch as d\nfrom torch import overrides as o\n"
            "def hidden(x, dim):\n    o._pop_mode(); d._pop_mode()\n    return torch.softmax(x, dim)\n"),
    library("torch.jit.script", "hidden(x, dim)",
            "import torch\n@torch.jit.script\ndef hidden(x, dim: int):\n    return torch.softmax(x, dim)\n"),
    # files that are no files
    Hostile("empty", "", ("error",), "does not define"),
    Hostile("a syntax error", "def softmax(x, dim)\n    return x\n", ("error",), "line 1"),
    Hostile("an indentation error", "def softmax(x, dim):\nreturn x\n", ("error",), "line 2"),
    Hostile("only one name", "def softmax(x, dim):\n    return x\n", ("error",), "log_softmax"),
    Hostile("names that are no functions", "softmax = log_softmax = 3\n", ("failed", "error"), "call"),
    Hostile("wrong arguments", "def softmax(x):\n    return x\n\nlog_softmax = softmax\n", ("failed", "error"), "call"),
    Hostile("null bytes", "softmax = log_softmax = None\0\n", ("error",), "null|read"),
    Hostile("an odd encoding", "# -*- coding: rot13 -*-\nqrs fbsgznk(k, qvz): cnff\n", ("error",), ""),
    Hostile("lone surrogates", "softmax = '\\ud800'\nlog_softmax = print\n", ("failed", "error"), ""),
    Hostile("a megabyte of brackets", "(" * 200_000 + ")" * 200_000, ("error",), ""),
    Hostile("imports what is missing", "import numpyy\n" + WRONG, ("error",), "numpyy"),
    Hostile("a torch of its own", "import sys, types\nsys.modules['torch'] = types.ModuleType('torch')\n" + WRONG,
            ("error", "failed"), ""),
]  # fmt: skip
