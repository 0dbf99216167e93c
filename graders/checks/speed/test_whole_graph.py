"""Checks for whole-graph: values as before; then each function compiled whole and called again; gradients, rules."""

import ast
import contextlib
import io
import linecache
import re

import torch

from graders.kit import equal, holds

compile_ = torch.compile  # as it was before anybody could patch it
EPS = equal(rtol=1e-5, atol=1e-6, because="a tiny number may have been added to the norm")
BROKEN = "It does not compile as one graph."


def whole(observe, name, function, example):
    """The function compiled as one graph, or None where that fails; the reason is observed."""
    torch._dynamo.reset()
    with torch._dynamo.config.patch(capture_scalar_outputs=False):
        fast = compile_(function, fullgraph=True, backend="eager")
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                fast(*example)
            why = ""
        except (torch._dynamo.exc.TorchDynamoException, RuntimeError) as error:
            why = reason(error)
    observe(f"{name} compiles with fullgraph=True", why, holds("is_empty", BROKEN))
    return None if why else fast


def reason(error):
    """The first sentence of what dynamo says, and the line that it points at."""
    lines = re.findall(r'File "whole_graph\.py", line (\d+)', str(error))
    first = str(error).strip().split("\n")[0].split(". ")[0][:120]
    if "data-dependent" in str(error).lower():
        first = "what comes next depends on a number in a tensor"
    return f"line {lines[-1]}: {first}" if lines else first or type(error).__name__


def quiet(function, *args):
    """What the function returns, and what it printed."""
    paper = io.StringIO()
    with contextlib.redirect_stdout(paper):
        out = function(*args)
    return out, paper.getvalue()


def with_norm(draw, norm, *shape, dtype=torch.float32):
    """A tensor of that 2-norm; most of it is in the first entry, so that rows and entries alone would be cut too."""
    x = draw.normal(*shape, dtype=torch.float64)
    x.view(-1)[0] = 2 * x.norm()
    return (x * (norm / x.norm())).to(dtype)


def test_values(submission, draw, observe):
    """Not compiled, the four functions return what they returned before"""
    a, b, c = draw.sizes(3)
    limit = draw.number(1.5, 4.0)
    with contextlib.redirect_stdout(io.StringIO()):
        for flag in (True, False):
            x = draw.normal(a, b)
            observe.call(f"relu_or_abs(x, {flag})", submission.relu_or_abs, x, torch.tensor(flag))
        for norm in (3 * limit, 0.4 * limit):
            x = with_norm(draw, norm, a, b, c)
            name = f"clip_norm(x of norm {norm:.2f}, {limit:.2f})"
            observe.call(name, submission.clip_norm, x, limit, rule=EPS)
        observe.call("clip_norm(zeros, 1.0)", submission.clip_norm, torch.zeros(b), 1.0)
        observe.call("center(x)", submission.center, draw.normal(a, b, c, mean=2))
        observe.call("gated(x, w)", submission.gated, draw.normal(a, c), draw.normal(c, c))


def test_relu_or_abs(submission, draw, observe):
    """relu_or_abs compiles whole, and the same graph serves both flags"""
    a, b = draw.sizes(2)
    flags = [torch.tensor(f) for f in draw.random.sample([True, False], 2)]
    fast = whole(observe, "relu_or_abs", submission.relu_or_abs, (draw.normal(a, b), flags[0]))
    for flag in flags[::-1] if fast else ():
        observe.call(f"compiled relu_or_abs(x, {bool(flag)})", fast, draw.normal(a, b), flag)


def test_clip_norm(submission, draw, observe):
    """clip_norm compiles whole, and the same graph serves norms on both sides of max_norm"""
    a, b, c = draw.sizes(3)
    limit = draw.number(1.5, 4.0)
    first, second = draw.random.sample([3.0, 0.4], 2)
    fast = whole(observe, "clip_norm", submission.clip_norm, (with_norm(draw, first * limit, a, b), limit))
    for share in (second, first, 0.99, 1.01) if fast else ():
        x = with_norm(draw, share * limit, a, b)
        observe.call(f"compiled clip_norm(x of {share} times max_norm)", fast, x, limit, rule=EPS)
    if fast:
        x = with_norm(draw, 9, c)
        observe.call("compiled clip_norm of another shape and max_norm", fast, x, limit + 1, rule=EPS)
        observe.call("compiled clip_norm(zeros)", fast, torch.zeros(a, b), limit)


def test_center(submission, draw, observe):
    """center compiles whole, and prints nothing, compiled or not"""
    a, b, c = draw.sizes(3)
    fast = whole(observe, "center", submission.center, (draw.normal(a, b),))
    for how, function in (("compiled ", fast), ("", submission.center)):
        for shape in ((a, b), (b, c, a)) if function else ():
            x = draw.normal(*shape, mean=3)
            out, said = quiet(function, x)
            observe(f"{how}center(x {list(shape)})", out)
            observe(f"what {how}center prints", said, holds("is_empty", "Something is printed."))


def test_gated(submission, draw, observe):
    """gated compiles whole, its helper included"""
    n, c = draw.sizes(2)
    fast = whole(observe, "gated", submission.gated, (draw.normal(n, c), draw.normal(c, c)))
    for call in ("second", "third") if fast else ():
        observe.call(f"compiled gated(x, w), {call} call", fast, draw.normal(n, c), draw.normal(c, c))


def test_dtype(submission, draw, observe):
    """float64 goes in, float64 comes out"""
    a, c = draw.sizes(2)
    x, w = draw.normal(a, c, dtype=torch.float64), draw.normal(c, c, dtype=torch.float64)
    with contextlib.redirect_stdout(io.StringIO()):
        observe.call("relu_or_abs(x, True)", submission.relu_or_abs, x, torch.tensor(True))
        observe.call("relu_or_abs(x, False)", submission.relu_or_abs, x, torch.tensor(False))
        observe.call("clip_norm(x, 0.5)", submission.clip_norm, x, 0.5, rule=EPS)
        observe.call("clip_norm(x, 99.0)", submission.clip_norm, x, 99.0, rule=EPS)
        observe.call("center(x)", submission.center, x)
        observe.call("gated(x, w)", submission.gated, x, w)


def test_gradients(submission, draw, observe):
    """The gradients are those of the functions as they were"""
    a, c = draw.sizes(2)
    x, w = draw.normal(a, c, dtype=torch.float64), draw.normal(c, c, dtype=torch.float64)
    limit = float(x.norm())
    with contextlib.redirect_stdout(io.StringIO()):
        observe.gradients("relu_or_abs(x, True)", submission.relu_or_abs, x, torch.tensor(True))
        observe.gradients("relu_or_abs(x, False)", submission.relu_or_abs, x, torch.tensor(False))
        observe.gradients("clip_norm(x), above max_norm", submission.clip_norm, x, limit / 3, rule=EPS)
        observe.gradients("clip_norm(x), below max_norm", submission.clip_norm, x, limit * 3, rule=EPS)
        observe.gradients("center(x)", submission.center, x)
        observe.gradients("gated(x, w)", submission.gated, x, w)
    fast = whole(observe, "clip_norm", submission.clip_norm, (x, limit / 3))
    if fast:
        observe.gradients("compiled clip_norm(x)", fast, x, limit / 3, rule=EPS)


def test_no_trick(submission, draw, observe):
    """No number is taken out of a tensor by .item(), and nothing in the file speaks to the compiler"""
    tree = ast.parse("".join(linecache.getlines(submission.__file__)))
    tree.body = [node for node in tree.body if not _is_main(node)]
    found = [part for node in ast.walk(tree) for part in _names(node)]
    asked = sorted({f.split(".")[-1] for f in found} & {"item", "tolist"})
    says = "A number is taken out of a tensor. A graph, and a GPU, would rather keep it."
    observe("calls that take numbers out of tensors", " ".join(asked), holds("is_empty", says))
    modules = (["torch", "compile"], ["torch", "compiler"], ["torch", "library"])
    compilers = [f for f in found if f.split(".")[:2] in modules or "_dynamo" in f or "is_compiling" in f]
    says = "The compiler is spoken to in your file. The functions themselves are to have no break."
    observe("calls to the compiler", " ".join(sorted(set(compilers))), holds("is_empty", says))


def _is_main(node):
    """An ``if __name__ == …`` block: a learner's own trial."""
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def _names(node):
    """Dotted names that a node mentions or imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    if isinstance(node, ast.Attribute):
        return [ast.unparse(node)] if isinstance(node.value, (ast.Name, ast.Attribute)) else [node.attr]
    return []
