"""The loop around a model that may call tools."""

from collections.abc import Callable
from typing import Any


def run(
    model_step: Callable[[list[dict]], dict],
    tools: dict[str, Callable[..., Any]],
    prompt: str,
    max_calls: int,
) -> list[dict]:
    """Ask the model again and again, do what it asks for, and return the transcript.

    model_step: model_step(transcript) is what the model says next, one of
        {"text": str}                    a piece of its answer
        {"tool": name, "args": dict}     a request: call that tool with these keyword arguments
        {"stop": True}                   it is finished
    tools: from name to function
    prompt: what the user said
    max_calls: how many requests are carried out at most, 0 or more; each request counts, also one that fails
    returns: the transcript, a list of dicts {"role": …, "content": …}. It begins with the prompt, role "user".
        text: an entry of role "assistant" with the text
        a request: an entry of role "assistant" whose content is the request as it came, a dict; then one of role
            "tool" with str(result). If there is no such tool, or it raises an Exception, that content is a message
            that begins with "error", and the loop goes on: the model may correct itself
        a request after max_calls others: both entries too, the second one an error, without a call; then the end
        stop: no entry; the end

    At every step the model sees all entries so far. What it raises itself reaches the caller. Each request is carried
    out once; what a tool returns is text for the model, and never a request.

    Example: a model asks for {"tool": "add", "args": {"a": 2, "b": 3}}, says "It is 5." and stops. The roles are
    user, assistant, tool, assistant; the third entry is {"role": "tool", "content": "5"}.
    """
    transcript = [{"role": "user", "content": prompt}]
    raise NotImplementedError  # TODO: the loop
