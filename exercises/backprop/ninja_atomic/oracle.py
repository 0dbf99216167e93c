"""The oracle: the forward pass again, with autograd, keeping the gradient of everything."""

import torch


def backward(cache):
    leaves = ("C", "W1", "b1", "W2", "b2", "bngain", "bnbias")
    v = {name: cache[name].clone().requires_grad_() for name in leaves}
    X, Y, n = cache["X"], cache["Y"], len(cache["Y"])
    v["emb"] = v["C"][X]
    v["embcat"] = v["emb"].view(n, -1)
    v["hprebn"] = v["embcat"] @ v["W1"] + v["b1"]
    v["bnmeani"] = v["hprebn"].mean(0, keepdim=True)
    v["bndiff"] = v["hprebn"] - v["bnmeani"]
    v["bndiff2"] = v["bndiff"] ** 2
    v["bnvar"] = v["bndiff2"].sum(0, keepdim=True) / (n - 1)
    v["bnvar_inv"] = (v["bnvar"] + 1e-5) ** -0.5
    v["bnraw"] = v["bndiff"] * v["bnvar_inv"]
    v["hpreact"] = v["bngain"] * v["bnraw"] + v["bnbias"]
    v["h"] = torch.tanh(v["hpreact"])
    v["logits"] = v["h"] @ v["W2"] + v["b2"]
    v["logit_maxes"] = v["logits"].max(1, keepdim=True).values
    v["norm_logits"] = v["logits"] - v["logit_maxes"]
    v["counts"] = v["norm_logits"].exp()
    v["counts_sum"] = v["counts"].sum(1, keepdim=True)
    v["counts_sum_inv"] = v["counts_sum"] ** -1
    v["probs"] = v["counts"] * v["counts_sum_inv"]
    v["logprobs"] = v["probs"].log()
    loss = -v["logprobs"][torch.arange(n), Y].mean()
    for t in v.values():
        t.retain_grad()
    loss.backward()
    return {name: t.grad for name, t in v.items()}
