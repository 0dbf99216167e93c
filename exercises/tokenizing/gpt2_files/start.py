"""GPT-2's tokenizer is two text files and a table of 256 letters."""

from pathlib import Path


def bytes_to_unicode() -> dict[int, str]:
    """A visible character for each of the 256 bytes, so that tokens can stand in a text file without blanks.

    returns: a dict from every byte 0 … 255 to one character, all different

    The bytes 33 … 126, 161 … 172 and 174 … 255 are printable: each is the character with its own number. The other 68,
    in ascending order, get the characters 256, 257, 258, …, so that the space, byte 32, becomes Ġ (U+0120).
    """
    raise NotImplementedError  # TODO


def load(vocab_json: Path, merges_txt: Path) -> tuple[dict[str, int], dict[tuple[str, str], int]]:
    """Read a vocabulary and its merges.

    vocab_json: a file in UTF-8: one JSON object from token to id. Tokens are written in the alphabet of
        bytes_to_unicode, and stay so
    merges_txt: a file in UTF-8: first a line that begins with #version, then one merge a line, its two tokens parted by
        one blank, the merge that was learned first at the top. A token may itself begin with #. It may end with a line
        break, or without
    returns: (vocab, ranks): the object as a dict, and a dict from (left, right) to the merge's place, from 0 on

    Example: the lines "#version: 0.2", "Ġ t", "h e" give the ranks {("Ġ", "t"): 0, ("h", "e"): 1}.
    """
    raise NotImplementedError  # TODO


def save(vocab: dict[str, int], ranks: dict[tuple[str, str], int], vocab_json: Path, merges_txt: Path) -> None:
    """Write the two files so that load gives the same back. Neither dict is changed.

    The merges stand in the order of their ranks, whatever the order of the dict; the first line of their file begins
    with #version.
    """
    raise NotImplementedError  # TODO
