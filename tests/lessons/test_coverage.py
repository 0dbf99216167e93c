"""Every topic that the course was planned to cover points at what proves it, and that is there."""

from __future__ import annotations

from exercises import exercises
from lessons import coverage
from tutor.mygpt import MILESTONES


def test_every_topic_is_covered() -> None:
    known = set(exercises()) | {f"cap_{milestone.name}".replace("-", "_") for milestone in MILESTONES}
    lost = [f"{row.name}: {' '.join(gone)}" for row in coverage.rows() if (gone := coverage.missing(row, known))]
    assert not lost, "these topics point at what is not there:\n" + "\n".join(lost)


def test_the_table_is_whole() -> None:
    rows = coverage.rows()
    assert len({row.name for row in rows}) == len(rows) == 425
    assert all(row.lessons and (row.proof or row.read) for row in rows)
