"""The mean of a padded batch that does not see its padding."""

import torch


def masked_mean(x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The mean over the real places of each sequence.

    x: a float tensor [B, T, D]; where mask is False it may hold anything, NaN and infinity included
    mask: bool [B, T]; True marks the real places of row b
    returns: [B, D], x's dtype; row b is the mean over its real places, zeros if it has none.
        What hides in masked places has no influence, on the result or on gradients; a NaN in a real place shows.

    Example: x = [[[1.], [3.], [9.]]] with mask = [[True, True, False]] gives [[2.]].
    """
    return torch.stack([x[i][mask[i]].mean(dim=0) for i in range(x.shape[0])])
