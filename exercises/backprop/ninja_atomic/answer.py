"""The reference: one line a tensor, from the loss back to the embedding table."""

import torch
from torch.nn.functional import one_hot


def backward(cache):
    c, n, d = cache, len(cache["Y"]), {}
    hit = one_hot(c["Y"], c["probs"].shape[1])  # (n, V): 1 at the right letter
    d["logprobs"] = hit.to(c["logprobs"]) / -n
    d["probs"] = d["logprobs"] / c["probs"]
    d["counts_sum_inv"] = (d["probs"] * c["counts"]).sum(1, keepdim=True)
    d["counts_sum"] = -d["counts_sum_inv"] * c["counts_sum_inv"] ** 2
    d["counts"] = d["probs"] * c["counts_sum_inv"] + d["counts_sum"]
    d["norm_logits"] = d["counts"] * c["counts"]
    d["logit_maxes"] = -d["norm_logits"].sum(1, keepdim=True)
    top = (c["logits"] == c["logit_maxes"]).to(c["logits"])  # (n, V): 1 at the largest
    d["logits"] = d["norm_logits"] + top * d["logit_maxes"]
    d["h"] = d["logits"] @ c["W2"].T
    d["W2"] = c["h"].T @ d["logits"]
    d["b2"] = d["logits"].sum(0)
    d["hpreact"] = (1 - c["h"] ** 2) * d["h"]
    d["bngain"] = (c["bnraw"] * d["hpreact"]).sum(0, keepdim=True)
    d["bnraw"] = c["bngain"] * d["hpreact"]
    d["bnbias"] = d["hpreact"].sum(0, keepdim=True)
    d["bnvar_inv"] = (c["bndiff"] * d["bnraw"]).sum(0, keepdim=True)
    d["bnvar"] = -0.5 * c["bnvar_inv"] ** 3 * d["bnvar_inv"]
    d["bndiff2"] = (d["bnvar"] / (n - 1)).expand_as(c["bndiff2"])
    d["bndiff"] = c["bnvar_inv"] * d["bnraw"] + 2 * c["bndiff"] * d["bndiff2"]
    d["bnmeani"] = -d["bndiff"].sum(0, keepdim=True)
    d["hprebn"] = d["bndiff"] + d["bnmeani"] / n
    d["embcat"] = d["hprebn"] @ c["W1"].T
    d["W1"] = c["embcat"].T @ d["hprebn"]
    d["b1"] = d["hprebn"].sum(0)
    d["emb"] = d["embcat"].view_as(c["emb"])
    d["C"] = torch.zeros_like(c["C"]).index_put_((c["X"],), d["emb"], accumulate=True)
    return d
