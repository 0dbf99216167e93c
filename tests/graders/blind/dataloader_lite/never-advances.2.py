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
        per_step = world * B * T
        n = (tokens.shape[0] - 1) // per_step
        if n < 1:
            raise ValueError("not enough tokens for one step")
        self.inputs = tokens[: n * per_step].reshape(n, world, B, T)[:, rank]
        self.targets = tokens[1 : n * per_step + 1].reshape(n, world, B, T)[:, rank]
        self.n = n
        self.count = 0

    def next_batch(self) -> tuple[torch.Tensor, torch.Tensor]:
        """This rank's share of the next step: x [B, T] and y [B, T], int64."""
        i = self.count % self.n
        self.count + 1
        return self.inputs[i], self.targets[i]

    def reset(self) -> None:
        """Back to the first step of an epoch: what comes next is this rank's share of step 0."""
        self.count = 0

    def state_dict(self) -> dict:
        """What a checkpoint needs to go on from here; what is in it is up to you. Later batches do not change it."""
        return {"count": self.count}

    def load_state_dict(self, state: dict) -> None:
        """Go on where the state was taken, by a loader of the same tokens, B, T, rank and world."""
        self.count = int(state["count"])
