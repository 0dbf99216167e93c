"""The reference: three full rectangles, and each document is written into its row."""

import torch


class Collator:
    def __init__(self, pad_id, multiple=8, max_len=None):
        self.pad_id, self.multiple, self.max_len = pad_id, multiple, max_len

    def __call__(self, features):
        docs = [torch.as_tensor(f["input_ids"])[: self.max_len] for f in features]
        asked = [torch.as_tensor(f.get("labels", f["input_ids"]))[: self.max_len] for f in features]
        longest = max(len(doc) for doc in docs)
        width = -(-longest // self.multiple) * self.multiple
        if self.max_len is not None:
            width = min(width, self.max_len)
        ids = torch.full((len(docs), width), self.pad_id)
        mask = torch.zeros_like(ids)
        labels = torch.full_like(ids, -100)
        for row, (doc, wanted) in enumerate(zip(docs, asked)):
            ids[row, : len(doc)] = doc
            mask[row, : len(doc)] = 1
            labels[row, : len(doc)] = wanted
        return {"input_ids": ids, "attention_mask": mask, "labels": labels}
