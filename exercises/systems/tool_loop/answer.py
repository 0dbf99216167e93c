"""The reference: one loop, three kinds of answers, and a call that never raises."""

from collections.abc import Callable
from typing import Any


def call(tools: dict[str, Callable[..., Any]], request: dict) -> str:
    """What a tool says, as text; errors too."""
    if request["tool"] not in tools:
        return f"error: there is no tool {request['tool']!r}"
    try:
        return str(tools[request["tool"]](**request["args"]))
    except Exception as error:
        return f"error: {error!r}"


def run(
    model_step: Callable[[list[dict]], dict],
    tools: dict[str, Callable[..., Any]],
    prompt: str,
    max_calls: int,
) -> list[dict]:
    transcript: list[dict] = [{"role": "user", "content": prompt}]
    calls = 0
    while True:
        said = model_step(transcript)
        if "stop" in said:
            return transcript
        if "text" in said:
            transcript.append({"role": "assistant", "content": said["text"]})
            continue
        transcript.append({"role": "assistant", "content": said})
        if calls == max_calls:
            transcript.append({"role": "tool", "content": f"error: no more than {max_calls} calls"})
            return transcript
        calls += 1
        transcript.append({"role": "tool", "content": call(tools, said)})
