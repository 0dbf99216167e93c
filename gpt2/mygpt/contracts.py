"""Milestone: the pieces are together, and each keeps what it promises its neighbors."""

from __future__ import annotations

import os

import pytest

from .report import HOME, Report, owners


class Watcher:
    """Tells the report how each contract went."""

    def __init__(self, report: Report) -> None:
        """Speak to this report."""
        self.report = report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note one contract."""
        if report.when == "call" or report.failed:
            what = report.nodeid.rpartition("::")[2].removeprefix("test_").replace("_", " ")
            last = (report.longreprtext.strip().splitlines() or [""])[-1]
            self.report.see(what, report.passed, "" if report.passed else last)


def main() -> None:
    """Say whose each piece is, then run the contracts."""
    report = Report("assemble")
    mine = owners()
    for name, whose in mine.items():
        print(f"{'★' if whose == 'yours' else '·'} {name:<11} {whose}", flush=True)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    quiet = ["-p", "no:terminal", "-p", "no:cacheprovider", "--rootdir", str(HOME)]
    code = pytest.main([*quiet, str(HOME / "tests")], plugins=[Watcher(report)])
    report.see("all contracts were looked at", code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED))
    report.done(yours=sum(whose == "yours" for whose in mine.values()), pieces=len(mine))


if __name__ == "__main__":
    main()
