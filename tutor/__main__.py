"""The command `gradatim`: the screens and a plain `check` go the quick way, all else through `tutor.cli`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command; whatever goes wrong ends in one sentence and the exit code that belongs to it."""
    try:
        sys.exit(_run())
    except (KeyboardInterrupt, RuntimeError) as error:  # while the libraries are loaded
        # Until 3.11 Python wraps whatever comes while the attributes of a class are named.
        if isinstance(error, KeyboardInterrupt) or isinstance(error.__cause__, KeyboardInterrupt):
            sys.exit(130)
        raise


def _run() -> int:
    from tutor import quick
    from tutor.commands import plain

    try:
        plain.ready()
        code = quick.run(sys.argv[1:])
    except BaseException as error:
        from tutor import cli

        cli.end(error)
    if code is None:
        from tutor import cli

        cli.main()
        return 0
    from tutor.commands.context import desk

    desk.settle()
    return code


if __name__ == "__main__":
    main()
