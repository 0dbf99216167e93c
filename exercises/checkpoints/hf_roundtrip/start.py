"""A model and its tokenizer from a folder on disk: continue a text, and see where the model looked."""

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


def run_hf(dir: str, prompt: str, n: int) -> dict:
    """Greedy continuation of a prompt by a causal language model of the library, and its attention on the prompt.

    dir: a folder as save_pretrained writes it: config.json, model.safetensors, generation_config.json and the
        tokenizer's files. GPT-2 in kind, small, with weights of its own. Not changed. There is no network
    prompt: a text of T0 tokens, T0 ≥ 2, without special tokens
    n: how many tokens to add, 1 or more; T0 + n fits into the model's context
    returns: a dict with three entries
        "ids": list of n ints, the new ids alone. Each is the most likely one after all before it, whatever the
            folder's generation_config says. (The end-of-text token never is; you need not care for it.)
        "text": str, what the new ids read together, without the prompt
        "attn": tuple of n_layer tensors [1, n_head, T0, T0], one a layer, the first layer first: the softmax weights of
            one pass over the prompt alone; row i of each says how position i spreads its look over positions 0 to i

    Example: a prompt of 5 tokens, n = 3, a model of 2 layers with 4 heads: 3 ids, their text, and two tensors
    [1, 4, 5, 5] whose rows sum to 1.
    """
    raise NotImplementedError  # TODO
