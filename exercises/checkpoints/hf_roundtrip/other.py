"""A second honest way: GPT-2's own class, and a loop over argmax with the cache that each pass returns."""

import torch
from transformers import AutoTokenizer, GPT2LMHeadModel


@torch.inference_mode()
def run_hf(dir, prompt, n):
    tok = AutoTokenizer.from_pretrained(dir)
    model = GPT2LMHeadModel.from_pretrained(dir)
    model.set_attn_implementation("eager")
    ids = torch.tensor([tok.encode(prompt)])
    out = model(ids, use_cache=True, output_attentions=True)
    attn, new = tuple(a.clone() for a in out.attentions), []
    while True:
        new.append(int(out.logits[0, -1].argmax()))
        if len(new) == n:
            break
        out = model(torch.tensor([[new[-1]]]), past_key_values=out.past_key_values, use_cache=True)
    return dict(ids=new, text=tok.decode(new), attn=attn)
