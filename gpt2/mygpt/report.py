"""What a milestone found: one line a check, and a file that remembers it."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

HOME = Path(__file__).resolve().parents[1]  # the folder that holds mygpt, corpus, runs and results


class Report:
    """Prints checks as they are known and writes them to results/NAME.json at the end."""

    def __init__(self, name: str) -> None:
        """Begin the report of the milestone `name`."""
        self.name, self.rows, self.begun = name, [], time.perf_counter()

    def see(self, what: str, ok: bool, found: object = "") -> None:
        """Note a check: what was to hold, whether it does, and what was found."""
        self.rows.append({"check": what, "ok": bool(ok), "found": str(found)})
        print(f"{'✓' if ok else '✗'} {what}" + (f"  ({found})" if found != "" else ""), flush=True)

    def done(self, **facts: Any) -> None:
        """Write the file and leave: exit code 0 where all holds, else 1."""
        good = all(row["ok"] for row in self.rows)
        content = {
            "version": 1, "milestone": self.name, "passed": good, "checks": self.rows, "facts": facts,
            "owners": owners(), "seconds": round(time.perf_counter() - self.begun, 1), "time": round(time.time()),
        }  # fmt: skip
        folder = HOME / "results"
        folder.mkdir(exist_ok=True)
        fresh = folder / f".{self.name}.json"
        fresh.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        fresh.replace(folder / f"{self.name}.json")
        print("passed" if good else "not yet", flush=True)
        sys.exit(0 if good else 1)


def owners() -> dict[str, str]:
    """Whose each piece is: "yours" or "borrowed", by its name."""
    return json.loads((Path(__file__).with_name("owners.json")).read_text("utf-8"))
