"""The reference: Auto classes, the eager kernel, one pass for the attention, generate for the ids."""

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


def run_hf(dir, prompt, n):
    tok = AutoTokenizer.from_pretrained(dir)
    model = AutoModelForCausalLM.from_pretrained(dir, attn_implementation="eager")
    given = tok(prompt, return_tensors="pt")
    with torch.no_grad():
        attn = model(**given, output_attentions=True).attentions
        out = model.generate(**given, do_sample=False, max_new_tokens=n)
    new = out[0, given["input_ids"].shape[1] :].tolist()
    return {"ids": new, "text": tok.decode(new), "attn": attn}
