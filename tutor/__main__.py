"""The command `gradatim`: a plain `check` goes the quick way, all else through `tutor.cli`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command; whatever goes wrong ends in one sentence and the exit code that belongs to it."""
    from tutor import quick
    from tutor.commands import plain

    try:
        plain.ready()
        code = quick.check(sys.argv[1:])
    except BaseException as error:
        from tutor import cli

        cli.end(error)
    if code is None:
        from tutor import cli

        cli.main()
    sys.exit(code)


if __name__ == "__main__":
    main()
