"""The oracle: spans first, ids with numpy, and a boolean mask from the spans."""

import numpy as np


def render(messages, tok, max_len=None):
    row, spans = [], []
    for message in messages:
        row.append(tok.special[f"<|{message['role']}|>"])
        begin = len(row)
        row.extend(tok.encode(message["content"]))
        row.append(tok.special["<|end|>"])
        if message["role"] == "assistant":
            spans.append((begin, len(row)))
    ids = np.array(row, dtype=np.int64)
    mask = np.zeros(len(row), dtype=bool)
    for begin, end in spans:
        mask[begin:end] = True
    labels = np.where(mask, ids, -100)
    first = 0 if max_len is None else max(0, len(row) - max_len)
    return ids[first:].tolist(), labels[first:].tolist()
