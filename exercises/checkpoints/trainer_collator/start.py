"""From ragged documents to a rectangle that transformers' models and Trainer take."""

import torch


class Collator:
    """Makes a batch of documents of different lengths. Trainer calls it: Trainer(…, data_collator=Collator(…))."""

    def __init__(self, pad_id: int, multiple: int = 8, max_len: int | None = None):
        """pad_id: the id that fills up. It may occur in documents, too: GPT-2 has no pad and takes its end of text
        multiple: the width is a multiple of this, 1 or more
        max_len: what is after the first max_len ids of a document is left out; None: nothing is
        """
        raise NotImplementedError  # TODO

    def __call__(self, features: list[dict]) -> dict[str, torch.Tensor]:
        """A batch for a causal language model of transformers.

        features: B dicts, one a document, B ≥ 1. Each has "input_ids", a list of L ≥ 1 ints or an int64 tensor [L];
            L differs. It may have "labels", of the same kind and length, where somebody has chosen what is asked.
            It may have more (a text, a source, a score), which no model needs. Nothing of it is changed
        returns: a dict of exactly three int64 tensors [B, W]; row i is document i, at the left
            "input_ids": the ids, then pad_id
            "attention_mask": 1 at each token of the document, then 0
            "labels": the document's "labels", or its ids where it has none, then -100. The model compares position t
                with label t + 1 itself
        W is the length of the longest document here (after max_len), rounded up to a multiple; but a batch is never
        wider than max_len, for the model has no more positions

        Example: Collator(0, multiple=4) on ids [5, 6, 7] and [8, 0, 9, 4, 4] gives W = 8; the second row has
        the labels [8, 0, 9, 4, 4, -100, -100, -100].
        """
        raise NotImplementedError  # TODO
