"""A corpus of documents, as token files of one fixed size."""

from collections.abc import Iterator
from pathlib import Path


def write_shards(
    docs: Iterator[list[int]], shard_size: int, eot: int, out_dir: Path, val_shards: int = 1
) -> list[Path]:
    """Write documents, one behind the other, as one stream of tokens in files of shard_size tokens.

    docs: the token ids of each document, a list that may be empty; the whole does not fit into memory
    shard_size: tokens in a file, at least 1; a document goes on in the next file where it must, and may fill many
    eot: the id that stands in front of every document, the first one included
    out_dir: where the files go; made if it is missing, with its parents
    val_shards: the first so many files are for validation
    returns: the paths of the files, in the order of the stream; [] if there are no documents

    Each file is a row of uint16, as np.save writes it, and its name ends in .npy. All hold exactly shard_size tokens,
    but for the last, which holds what is left, and at least one token. The name contains "val" in the first val_shards
    files and "train" in the others; within each kind, sorted names are in the order of the stream.

    Documents are taken one at a time: whenever the next one is asked for, no more than shard_size of the tokens before
    it are not yet on disk. Raises ValueError if eot or an id lies outside 0 … 65535.

    Example: documents [1, 2, 3], [] and [4, 5], with eot = 9 and shard_size = 4, give the files 9 1 2 3, 9 9 4 5.
    """
    raise NotImplementedError  # TODO
