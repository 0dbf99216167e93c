"""Where does the time go? Ask the profiler, not your guess."""

from collections.abc import Callable


def slowest(fn: Callable[[], object]) -> str:
    """The aten operator in which fn, once warm, spends most of its time.

    fn: a piece of work without arguments: a training step, say. It may be called several times. Its first call may
        do what is never done again (build a table, fill a cache), and that does not count
    returns: the operator's name as torch.profiler prints it, with aten:: in front, such as "aten::sort"

    What counts is an operator's own time, without that of the operators which it calls (the profiler's self CPU
    time), added up over all its calls. Regions that somebody has labeled with record_function, and nodes of autograd,
    are no operators: their names do not begin with aten::.

    Example: for a fn that does little else than multiply two large matrices by `a @ b` the result is "aten::mm".
    """
    raise NotImplementedError  # TODO
