"""Milestone: your model writes. `python -m mygpt.write [PROMPT …]`."""

from __future__ import annotations

import sys

import torch

from . import checkpoint, filters, glue, groups, loader, pretrain
from .report import HOME, Report

PROMPTS = ("Returns", "If the", "This function", "The default is")


def trained() -> torch.nn.Module:
    """The model of the first run, with its last weights."""
    kept = HOME / "runs" / "first" / "state.pt"
    if not kept.exists():
        raise SystemExit("there is no trained model yet: the milestone `pretrain` makes one")
    model = glue.build(glue.Config())
    opt = groups.configure_optimizers(model, 0.1, 1e-3, (0.9, 0.95), "cpu")
    batches = loader.DataLoaderLite(glue.tokens("train"), pretrain.BATCH // pretrain.MICRO, glue.Config().block_size)
    checkpoint.load(kept, model, opt, batches, "cpu")
    return model.eval()


def main() -> None:
    """Write a sheet of samples, and look at how it was written."""
    report = Report("write")
    model, bpe, end = trained(), glue.encoder(), glue.VOCAB - 1
    prompts = tuple(sys.argv[1:]) or PROMPTS
    sheet, drawn = [], []
    for number, prompt in enumerate(prompts):
        idx = torch.tensor([bpe.encode(prompt, allowed="none")])
        generator = torch.Generator().manual_seed(number)
        ids = glue.generate(model, idx, 120, temperature=0.8, top_k=40, eos_id=end, generator=generator)[0].tolist()
        drawn += ids
        text = bpe.decode([i for i in ids if i < end])
        sheet.append(text)
        print(f"\n{text}\n", flush=True)
    (HOME / "samples.txt").write_text("\n\n---\n\n".join(sheet) + "\n", encoding="utf-8")
    lost = sum(text.count("\N{REPLACEMENT CHARACTER}") for text in sheet) / max(1, sum(map(len, sheet)))
    report.see("no id is drawn that stands for no token", all(i < glue.VOCAB for i in drawn))
    report.see("at most one character in a hundred is broken", lost <= 0.01, f"{lost:.2%}")
    idx = torch.tensor([bpe.encode("Returns the", allowed="none")])
    if glue.knows_a_cache(model):
        both = [glue.gpt.generate(model, idx, 80, temperature=0, use_cache=use) for use in (True, False)]
        report.see("with the cache it writes the very same text as without", torch.equal(*both))
    else:
        print("- your GPT takes no cache yet: the exercise cached-generate gives it one", flush=True)
    logits = torch.randn(3, glue.VOCAB, generator=torch.Generator().manual_seed(0))
    kept = int(torch.isfinite(filters.top_k(logits, 5)).sum())
    report.see("the filters keep what they should", kept == 15, f"{kept} of 15 logits")
    report.done(samples=len(sheet))


if __name__ == "__main__":
    main()
