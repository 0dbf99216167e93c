"""Every topic that the course was planned to cover points at what proves it; what is still open may only shrink."""

from __future__ import annotations

import os
from pathlib import Path

from exercises import exercises
from lessons import coverage
from tutor.mygpt import MILESTONES

OPEN = Path(__file__).parent / "open_rows.tsv"


def test_every_topic_is_covered_or_on_the_list_of_open_ones() -> None:
    known = set(exercises()) | {f"cap_{milestone.name}".replace("-", "_") for milestone in MILESTONES}
    found = {row.name: missing for row in coverage.rows() if (missing := coverage.missing(row, known))}
    if os.environ.get("GRADATIM_OPEN_ROWS") == "write":
        lines = [f"{name}\t{' '.join(missing)}" for name, missing in found.items()]
        OPEN.write_text("\n".join(["topic\tmissing", *lines]) + "\n", encoding="utf-8")
    listed = {line.partition("\t")[0] for line in OPEN.read_text(encoding="utf-8").splitlines()[1:]}
    gone = [f"{name}: {' '.join(found[name])}" for name in found if name not in listed]
    assert not gone, "what was covered is so no more:\n" + "\n".join(gone)
    done = [name for name in listed if name not in found]
    assert not done, "covered now; GRADATIM_OPEN_ROWS=write takes them off the list:\n" + "\n".join(done)


def test_the_table_is_whole() -> None:
    rows = coverage.rows()
    assert len({row.name for row in rows}) == len(rows) == 425
    assert all(row.lessons and (row.proof or row.read) for row in rows)
