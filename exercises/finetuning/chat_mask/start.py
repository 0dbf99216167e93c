"""A conversation as one row of ids, and which of them the model is asked to say."""

from typing import Any


def render(messages: list[dict[str, str]], tok: Any, max_len: int | None = None) -> tuple[list[int], list[int]]:
    """Turn a conversation into ids and labels for supervised finetuning.

    messages: dicts {"role": "system", "user" or "assistant", "content": a text, perhaps empty}, in the order in which
        they were said; any number of them, any order of roles, two of the same role in a row too; not changed
    tok: a tokenizer. tok.encode(text) gives the list of ids of a text; it knows no special tokens, and a text that
        looks like one is only a text. tok.special is a dict with the ids of <|system|>, <|user|>, <|assistant|> and
        <|end|>
    max_len: None, or the largest number of ids, at least 1; if there are more, the first ones are dropped

    returns: ids and labels, two lists of Python ints of equal length. Each message is the id of its role, the ids of
        its content as they are, the id of <|end|>. A label is the id at the same place where the assistant is to be
        learned, that is its content and its <|end|>, and −100 at all other places. (The model's loss compares the
        logits of place t with the label of place t + 1; nothing is shifted here.)

    Example: with tok.encode("hi") = [7], tok.encode("oh no") = [8, 9], special ids 1 for <|user|>, 2 for <|assistant|>
    and 3 for <|end|>, a user's "hi" and the assistant's "oh no" give
        ids     [   1,    7,    3,    2, 8, 9, 3]
        labels  [−100, −100, −100, −100, 8, 9, 3]
    """
    raise NotImplementedError  # TODO
