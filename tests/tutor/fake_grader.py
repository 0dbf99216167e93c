"""A grader of a few lines that speaks the protocol, so that the client is tested without torch."""

from __future__ import annotations

import json
import os
import socketserver
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def answer(request: dict[str, Any], say: Callable[..., None]) -> None:
    say(event="accepted")
    match request["do"]:
        case "check":
            source = request["source"]
            if source == "die":
                os._exit(9)
            if source == "die once" and not (once := Path(os.environ["FAKE_ONCE"])).exists():
                once.touch()
                os._exit(9)
            if source == "break":
                say(event="error", message="the reference failed")
                return
            say(event="ladder", checks=[{"name": "test_one", "title": "One"}])
            if source.startswith("sleep"):
                time.sleep(float(source.split()[1]))
            outcome = "failed" if "wrong" in source else "passed"
            check = {"name": "test_one", "title": "One", "outcome": outcome, "message": "", "details": {}}
            say(event="check", check=check)
            report = {"exercise": request["exercise"], "status": outcome, "checks": [check], "seed": 7}
            report["output"] = f"pid {os.getpid()} seed {request['seed']} file {request['file']}"
            say(event="report", report=report)
        case "fence":
            say(event="fence", output=f"ran {request['index']} {'…' * 50_000}", raised=None, seconds=0.0)
        case "examples":
            rows = [(n, line) for n, line in enumerate(request["examples"].splitlines(), 1) if line[:6] == "assert"]
            found = [
                {"line": n, "text": line, "true": "wrong" not in line, "says": "it gives 3", "catches": ["one"]}
                for n, line in rows
            ]
            say(event="examples", trouble="", examples=found, wrong=["one", "two"])
        case "quiz":
            item = request["item"] or "align_right"
            question = {"id": f"q03.{item}", "item": item, "seed": 4, "text": "What?", "code": "a + b"}
            answers = {"choices": ["a", "b"], "correct": 1, "why": "Because.", "headline": "From the right."}
            say(event="quiz", question={**question, **answers})
        case "start":
            say(event="start", text=f"# questions of {request['seed']}\n")
        case _:
            say(event="done")


class Handler(socketserver.StreamRequestHandler):
    """One connection; every request in a thread of its own, as the real one answers them side by side."""

    def handle(self) -> None:
        lock = threading.Lock()
        for line in self.rfile:
            request = json.loads(line)

            def say(number: int = request["id"], **event: Any) -> None:
                with lock:
                    self.wfile.write(json.dumps({"id": number, **event}).encode() + b"\n")
                    self.wfile.flush()

            threading.Thread(target=answer, args=(request, say), daemon=True).start()


def main() -> None:
    if log := os.environ.get("FAKE_LOG"):
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"{os.getpid()}\n")
    if sys.argv[1] == "--broken":
        sys.exit("there is no torch here")
    if sys.argv[1] == "--stdio":

        def say_aloud(number: int, **event: Any) -> None:
            print(json.dumps({"id": number, **event}), flush=True)

        for line in sys.stdin:
            request = json.loads(line)
            answer(request, lambda number=request["id"], **event: say_aloud(number, **event))
        return
    time.sleep(0.2)  # loading torch
    threading.Timer(30, os._exit, (0,)).start()
    with socketserver.ThreadingUnixStreamServer(sys.argv[2], Handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
