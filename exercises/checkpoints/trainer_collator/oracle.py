"""The oracle: lists of ints, one number at a time, and a tensor at the very end."""

import torch


class Collator:
    def __init__(self, pad_id, multiple=8, max_len=None):
        self.settings = pad_id, multiple, max_len

    def __call__(self, features):
        pad_id, multiple, max_len = self.settings
        found = {"input_ids": [], "attention_mask": [], "labels": []}
        documents = []
        for feature in features:
            ids = [int(i) for i in feature["input_ids"]]
            wanted = [int(i) for i in feature["labels"]] if "labels" in feature else list(ids)
            while max_len is not None and len(ids) > max_len:
                ids.pop()
                wanted.pop()
            documents.append((ids, wanted))
        width = max(len(ids) for ids, _ in documents)
        while width % multiple and width != max_len:
            width += 1
        for ids, wanted in documents:
            fill = range(width - len(ids))
            found["input_ids"].append(ids + [pad_id for _ in fill])
            found["attention_mask"].append([1 for _ in ids] + [0 for _ in fill])
            found["labels"].append(wanted + [-100 for _ in fill])
        return {key: torch.tensor(rows, dtype=torch.long) for key, rows in found.items()}
