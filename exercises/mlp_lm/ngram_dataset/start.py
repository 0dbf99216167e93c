"""From words to examples: k symbols in, the next one out."""

import torch


def build(words: list[str], k: int, stoi: dict[str, int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Every place of every word becomes one example: the k symbols before it, and the symbol that stands there.

    words: any number of strings, or none; a word may be empty, and may occur several times: each time counts
    k: how many symbols a context has, 1 or more; it may be longer than a word
    stoi: symbol to id: "." is 0, the letters have 1 … V−1 in any order; it knows every letter of the words
    returns: X [N, k] int64, the contexts, the oldest symbol on the left and the newest on the right;
        Y [N] int64, the symbols that come next. With no words X is [0, k] and Y is [0].

    A word of n letters gives n + 1 examples, in their order: its letters, then the end ".". Before its first letter
    stand only ".", as many as are needed. No context looks into the word before. The arguments are not changed.

    Example: words ["ab", "b"], k = 3, stoi {".": 0, "a": 1, "b": 2} give the contexts
    [[0, 0, 0], [0, 0, 1], [0, 1, 2], [0, 0, 0], [0, 0, 2]] with the next symbols [1, 2, 0, 2, 0].
    """
    raise NotImplementedError  # TODO
