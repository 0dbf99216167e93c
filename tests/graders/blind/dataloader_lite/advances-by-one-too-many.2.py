"""The loader that a GPT is trained with: one stream of tokens, cut into batches, shared out between ranks."""

import torch


class DataLoaderLite:
    """Batches from a stream of N tokens, in the order of the stream, for one of `world` ranks.

    A step uses W = world · B · T tokens in a row: step k of an epoch those from k · W on. Each rank takes B · T of
    them, rank r those from k · W + r · B · T on. These are its inputs x, row after row; the targets y lie one later.

    An epoch has (N − 1) // W steps; then all ranks begin again at token 0, together. What is left over at the end of
    the stream is not used. N must be at least W + 1.

    Example: the stream 0, 1, …, 16 with B = 2, T = 2, world = 2 has W = 8 and 2 steps an epoch. Rank 0 gets
    x = [[0, 1], [2, 3]], y = [[1, 2], [3, 4]], then x = [[8, 9], [10, 11]], y = [[9, 10], [11, 12]], then the first
    batch again; rank 1 begins with x = [[4, 5], [6, 7]], y = [[5, 6], [7, 8]].
    """

    def __init__(self, tokens: torch.Tensor, B: int, T: int, rank: int = 0, world: int = 1):
        """tokens: [N] int64, not changed; 0 ≤ rank < world. Raises ValueError if N is less than W + 1."""
        W = world * B * T
        if len(tokens) < W + 1:
            raise ValueError(f"{len(tokens)} tokens are too few for a step of {W}")
        self.tokens, self.B, self.T = tokens, B, T
        self.rank, self.world = rank, world
        self.W = W
        self.first = 0      # where the next step begins

    def next_batch(self) -> tuple[torch.Tensor, torch.Tensor]:
        """This rank's share of the next step: x [B, T] and y [B, T], int64."""
        if self.first + self.W + 1 > len(self.tokens):
            self.first = 0
        buf = self.tokens[self.first : self.first + self.W + 1]
        self.first += len(buf)
        x = buf[:-1].view(-1, self.B, self.T)[self.rank]
        y = buf[1:].view(-1, self.B, self.T)[self.rank]
        return x, y

    def reset(self) -> None:
        """Back to the first step of an epoch: what comes next is this rank's share of step 0."""
        self.first = 0

    def state_dict(self) -> dict:
        """What a checkpoint needs to go on from here; what is in it is up to you. Later batches do not change it."""
        return {"first": self.first}

    def load_state_dict(self, state: dict) -> None:
        """Go on where the state was taken, by a loader of the same tokens, B, T, rank and world."""
        self.first = state["first"]
