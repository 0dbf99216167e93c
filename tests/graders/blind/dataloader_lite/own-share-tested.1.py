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
        self.tokens = tokens
        self.B = B
        self.T = T
        self.rank = rank
        self.share = B * T               # tokens of one rank
        self.stride = B * T * world      # tokens of all of them
        if tokens.numel() <= self.stride:
            raise ValueError("the stream is too short")
        self.grid = torch.arange(self.share, device=tokens.device).reshape(B, T)
        self.pos = rank * self.share

    def next_batch(self) -> tuple[torch.Tensor, torch.Tensor]:
        """This rank's share of the next step: x [B, T] and y [B, T], int64."""
        where = self.pos + self.grid
        x = self.tokens[where]
        y = self.tokens[where + 1]
        self.pos += self.stride
        if self.pos + self.share + 1 > self.tokens.numel():
            self.pos = self.rank * self.share
        return x, y

    def reset(self) -> None:
        """Back to the first step of an epoch: what comes next is this rank's share of step 0."""
        self.pos = self.rank * self.share

    def state_dict(self) -> dict:
        """What a checkpoint needs to go on from here; what is in it is up to you. Later batches do not change it."""
        return dict(pos=self.pos)

    def load_state_dict(self, state: dict) -> None:
        """Go on where the state was taken, by a loader of the same tokens, B, T, rank and world."""
        self.pos = state["pos"]
