"""What a check file is given: seeded inputs (`draw`), the learner's code (`submission`), and `observe`.

A check is a plain pytest function. Its docstring is the line the learner reads; it draws inputs, calls the submission
and hands over what came out. It holds no expected values: the same function is run on the reference answer, and the
two logs are compared elsewhere (`graders.observe`).

    def test_rows(submission, draw, observe):
        \"\"\"Each row sums to 1.\"\"\"
        x = draw.normal(5, 7)
        observe.call("softmax(x, dim=1)", submission.softmax, x, 1)
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from graders.effort import share, to_meta, work
from graders.elsewhere import Elsewhere
from graders.observe import Rule, at_most, equal, holds, law, noted, one_of
from graders.watch import Exact, Watch, unwatched

__all__ = ["Draw", "Observe", "at_most", "equal", "holds", "law", "noted", "one_of"]

Send = Callable[[str, Any, Rule], None]
_rand, _randn = torch.rand, torch.randn  # as they were before anybody could patch them


def _number(*parts: object) -> int:
    """A 63-bit number from the parts, the same in every process."""
    digest = hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


class Draw:
    """Random inputs that depend on the seed and the check alone, never on the submission or the global generators."""

    def __init__(self, seed: int, check: str) -> None:
        self.seed = seed
        self.random = random.Random(_number(seed, check, "python"))
        self.generator = torch.Generator().manual_seed(_number(seed, check, "torch"))

    def sizes(self, count: int, low: int = 2, high: int = 9) -> list[int]:
        """``count`` different sizes in [low, high]: a mixed-up dimension then always shows."""
        return self.random.sample(range(low, high + 1), count)

    def integer(self, low: int, high: int) -> int:
        """A whole number in [low, high]."""
        return self.random.randint(low, high)

    def number(self, low: float, high: float) -> float:
        return self.random.uniform(low, high)

    def normal(self, *shape: int, scale: float = 1.0, mean: float = 0.0, dtype: torch.dtype = torch.float32) -> Any:
        """A tensor of independent normal draws."""
        with unwatched():
            x = _randn(shape, generator=self.generator, dtype=torch.float64)
            return Exact.to(Exact.add_(Exact.mul_(x, scale), mean), dtype)

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0, dtype: torch.dtype = torch.float32) -> Any:
        """A tensor of independent uniform draws in [low, high)."""
        with unwatched():
            x = _rand(shape, generator=self.generator, dtype=torch.float64)
            return Exact.to(Exact.add_(Exact.mul_(x, high - low), low), dtype)

    def integers(self, low: int, high: int, *shape: int) -> Any:
        """An int64 tensor with entries in [low, high)."""
        return torch.randint(low, high, shape, generator=self.generator)

    def strided(self, x: torch.Tensor) -> torch.Tensor:
        """The same values in memory that is not contiguous."""
        wide = torch.empty(*x.shape[:-1], 2 * x.shape[-1], dtype=x.dtype) if x.dim() else x.clone()
        if not x.dim():
            return wide
        view = wide[..., ::2]
        view.copy_(x)
        return view

    def fill(self, module: torch.nn.Module, scale: float = 0.3) -> torch.nn.Module:
        """Give every parameter fresh values, by name, so that no zero bias or unit gain hides a mistake."""
        with torch.no_grad():
            for _, value in sorted(module.named_parameters(), key=lambda pair: pair[0]):
                value.copy_(self.normal(*value.shape, scale=scale, mean=0.1, dtype=value.dtype))
        return module


WRITTEN_TO = "A tensor that was passed in has been written to. The caller still needs it as it was."
COPIED = "The result has memory of its own: something was copied, where a view was asked for."
SHARED = "The result shares memory with what was passed in: writing to one changes the other."
LOOPS = "The larger the input, the more steps your Python code takes. Can torch do all of it in one operation?"
BORN_ON_CPU = "With inputs on another device this would fail. Which device should a new tensor ask for?"
UNSEEN = "Which operations run here counts, and your code has switched off what looks at them."
SLOW = "It is not faster than the plain way by as much as was asked."


class Observe:
    """Hands observations over. Call it with a name, a value and a rule; the helpers cover what most checks need."""

    def __init__(self, send: Send, filename: str, seed: int, check: str) -> None:
        self._send = send
        self._filename = filename
        self._key = (seed, check)

    def __call__(self, name: str, value: Any, rule: Rule | None = None) -> None:
        """Observe one value."""
        self._send(name, value, rule or equal())

    def call(
        self,
        name: str,
        function: Callable[..., Any],
        *args: Any,
        rule: Rule | None = None,
        pure: bool = True,
        **kw: Any,
    ) -> Any:
        """Call the submission, observe what it returns, and (``pure``) that no tensor it was given was written to."""
        tensors = [a for a in [*args, *kw.values()] if type(a) is torch.Tensor and a.device.type != "meta"]
        with unwatched():
            before = [(Exact.clone(Exact.detach(t)), t._version) for t in tensors]
        out = function(*args, **kw)
        self(name, out, rule)
        if pure:
            with unwatched():
                touched = any(
                    t._version != version or not _as_before(Exact.detach(t), old)
                    for t, (old, version) in zip(tensors, before, strict=True)
                )
            self(f"{name}: its arguments stay as they were", not touched, holds("is_true", WRITTEN_TO))
        return out

    def raises(self, name: str, function: Callable[..., Any], *args: Any, type: str = "", **kw: Any) -> None:
        """Observe that the call raises: any Exception, or the one named by ``type``."""
        rule = holds("raised", f"{name} must raise {type or 'an exception'}.", type=type)
        try:
            out = function(*args, **kw)
        except Exception as error:
            self._send(name, error, rule)
        else:
            self._send(name, out, rule)

    def gradients(
        self,
        name: str,
        function: Callable[..., Any],
        *args: Any,
        params: Sequence[tuple[str, torch.Tensor]] = (),
        rule: Rule | None = None,
        names: Sequence[str] = (),
        **kw: Any,
    ) -> None:
        """Run forward and backward with a random upstream gradient; observe the gradient of every floating tensor.

        ``args`` are copied as fresh leaves; ``params`` are (name, parameter) pairs of a module, whose gradients
        are observed too.
        """
        leaves = [
            a.detach().clone().requires_grad_() if type(a) is torch.Tensor and a.is_floating_point() else a
            for a in args
        ]
        labels = list(names) or [f"argument {i + 1}" for i in range(len(args))]
        for _, p in params:
            p.grad = None
        out = function(*leaves, **kw)
        if type(out) is not torch.Tensor:
            self(name, out, rule)
            return
        generator = torch.Generator().manual_seed(_number(*self._key, name))
        upstream = torch.randn(out.shape, generator=generator, dtype=torch.float64).to(out.dtype)
        if out.requires_grad:
            out.backward(upstream)
        for label, leaf in zip(labels, leaves, strict=True):
            if isinstance(leaf, torch.Tensor) and leaf.is_floating_point():
                self(f"gradient of {label} in {name}", leaf.grad, rule)
        for label, p in params:
            self(f"gradient of {label} in {name}", p.grad, rule)

    def shares(self, name: str, out: Any, source: torch.Tensor, says: str = COPIED) -> None:
        """Observe that ``out`` is a view: it lies in the memory of ``source``."""
        self(name, _same_memory(out, source), holds("is_true", says))

    def apart(self, name: str, out: Any, source: torch.Tensor, says: str = SHARED) -> None:
        """Observe that ``out`` is a tensor with memory of its own."""
        ok = isinstance(out, torch.Tensor) and not _same_memory(out, source)
        self(name, ok, holds("is_true", says))

    def no_loop(
        self, name: str, run: Callable[[int], object], small: int = 4, large: int = 64, says: str = LOOPS
    ) -> None:
        """Observe that ``run(size)``, which calls the submission, takes as many steps for a large size as for a small.

        Python bytecodes of the submission and torch operations are counted together. Three times as many are still
        allowed: a doubling scan takes log(size) steps, a loop would take ``large / small`` times as many.
        """
        run(small)  # what happens only once, at the first call, is not counted
        little, much = (work(self._filename, run, size) for size in (small, large))
        self(name, little is not None and much is not None and much <= 3 * little, holds("is_true", says))

    def stays_on_device(
        self, name: str, function: Callable[..., Any], *args: Any, says: str = BORN_ON_CPU, **kw: Any
    ) -> None:
        """Call with every tensor on another device; observe that nothing of the CPU meets them, or is handed back.

        A call that raises there for another reason (an operation that the meta device has not got) is no evidence, and
        passes, unless it has made a tensor on the CPU before.
        """
        with Elsewhere(self._filename) as elsewhere:
            try:
                out = function(*(to_meta(a) for a in args), **{k: to_meta(v) for k, v in kw.items()})
            except Exception:
                elsewhere.breaks_off()
            else:
                elsewhere.leaves(out)
        self(name, elsewhere.stray(), holds("is_empty", says))

    def faster(
        self, name: str, slow: Callable[[], object], fast: Callable[[], object], times: float, says: str = SLOW
    ) -> None:
        """Observe that ``fast()``, which calls the submission, takes at most 1/``times`` of the CPU time of ``slow()``.

        Ask for at most half of what the reference reaches: the rounds stop as soon as one is good enough.
        """
        self(name, share(slow, fast, 1 / times), at_most(bound=1 / times, says=says))

    @contextmanager
    def operations(self) -> Iterator[Watch]:
        """Record every torch operation inside the block: ``with observe.operations() as ops: …; ops.count("mm")``."""
        with Watch(self._filename) as watch:
            yield watch
        if not watch.intact:
            raise RuntimeError(UNSEEN)


def _as_before(now: torch.Tensor, old: torch.Tensor) -> bool:
    """Whether every entry is what it was; a NaN is equal to a NaN here, and to nothing else."""
    nan = Exact.logical_and(Exact.ne(now, now), Exact.ne(old, old))
    return Exact.item(Exact.all(Exact.logical_or(Exact.eq(now, old), nan))) is True


def _same_memory(out: Any, source: torch.Tensor) -> bool:
    return isinstance(out, torch.Tensor) and out.untyped_storage().data_ptr() == source.untyped_storage().data_ptr()


class Tape:
    """An ordered list of named events, written by the instrumented objects below and observed as one value."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def __call__(self, event: str) -> None:
        self.events.append(event)


class SpyModel(torch.nn.Module):
    """A model that notes on the tape when it runs, in which mode and with which gradient mode; hooks note backward."""

    def __init__(self, inner: torch.nn.Module, tape: Tape) -> None:
        super().__init__()
        self.inner = inner
        self.tape = tape

    def forward(self, *args: Any, **kw: Any) -> Any:
        mode = "train" if self.training else "eval"
        self.tape(f"forward ({mode}{'' if torch.is_grad_enabled() else ', no grad'})")
        out = self.inner(*args, **kw)
        if isinstance(out, torch.Tensor) and out.requires_grad:
            out.register_hook(lambda g: self.tape("backward"))
        return out


class SpyLoader:
    """A loader over a list of batches that notes on the tape when an epoch starts."""

    def __init__(self, batches: Sequence[Any], tape: Tape, name: str) -> None:
        self.batches, self.tape, self.name = list(batches), tape, name

    def __iter__(self) -> Iterator[Any]:
        self.tape(f"{self.name} starts")
        yield from self.batches
        self.tape(f"{self.name} ends")

    def __len__(self) -> int:
        return len(self.batches)
