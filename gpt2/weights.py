"""To and from transformers' checkpoints: the same numbers under the same names."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from gpt2 import catalog, distributed, tokens
from gpt2 import config as configs
from gpt2.config import Model
from gpt2.log import in_words
from gpt2.model import GPT

# transformers keeps GPT-2's matrices as OpenAI did, (in, out); a torch Linear keeps (out, in).
TURNED = ("attn.c_attn.weight", "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight")
WTE = "transformer.wte.weight"  # padded in compute, never in a file
BUFFERS = (".attn.bias", ".attn.masked_bias")  # old checkpoints carry their causal mask along


def to_transformers(model: GPT) -> dict[str, Tensor]:
    """Return a model's weights under transformers' names, padding rows and the tied head left out.

    Where the ranks of a run share the weights, every rank must ask.
    """
    tensors = {}
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight":
            continue
        tensor = distributed.whole(tensor)
        if name == WTE:
            tensor = tensor[: model.config.vocab_size]
        tensors[name] = (tensor.T if name.endswith(TURNED) else tensor).contiguous()
    return tensors


def from_transformers(model: GPT, tensors: dict[str, Tensor]) -> None:
    """Load weights under transformers' names into a model, in place.

    Raises ValueError where a name is missing or unknown or a shape differs.
    """
    own = model.state_dict()
    wanted = set(own) - {"lm_head.weight"}
    given: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if name.endswith(BUFFERS) or name == "lm_head.weight":
            continue
        given[name if name.startswith("transformer.") else f"transformer.{name}"] = tensor
    if missing := sorted(wanted - set(given)):
        raise ValueError(
            f"the checkpoint lacks {missing[0]}" + (f" and {len(missing) - 1} more" if missing[1:] else "")
        )
    if unknown := sorted(set(given) - wanted):
        raise ValueError(f"the checkpoint has {unknown[0]}, which GPT-2 does not")
    with torch.no_grad():
        for name in wanted:
            tensor = given[name].T if name.endswith(TURNED) else given[name]
            shape = (model.config.vocab_size, *own[name].shape[1:]) if name == WTE else tuple(own[name].shape)
            if tensor.shape != shape:
                raise ValueError(f"{name} is {tuple(tensor.shape)} in the checkpoint, {shape} here")
            padding = tensor.new_zeros(len(own[name]) - len(tensor), *tensor.shape[1:])
            distributed.put(own[name], torch.cat([tensor, padding]) if len(padding) else tensor)


def about(model: Model, end_of_text: int) -> dict[str, Any]:
    """Return the config.json that transformers reads, written by hand."""
    return {
        "architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "activation_function": "gelu_new",
        "n_layer": model.n_layer, "n_head": model.n_head, "n_embd": model.n_embd, "n_inner": None,
        "n_positions": model.block_size, "n_ctx": model.block_size, "vocab_size": model.vocab_size,
        "attn_pdrop": model.dropout, "embd_pdrop": model.dropout, "resid_pdrop": model.dropout,
        "layer_norm_epsilon": 1e-5, "initializer_range": 0.02, "scale_attn_weights": True,
        "tie_word_embeddings": True, "bos_token_id": end_of_text, "eos_token_id": end_of_text,
        "use_cache": True, "dtype": "float32",
    }  # fmt: skip


def write(folder: Path, model: GPT, end_of_text: int) -> None:
    """Write config.json and model.safetensors, which `AutoModelForCausalLM.from_pretrained` opens."""
    write_tensors(folder, model.config, to_transformers(model), end_of_text)


def write_tensors(folder: Path, shape: Model, tensors: dict[str, Tensor], end_of_text: int) -> None:
    """Write what `to_transformers` gave."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(about(shape, end_of_text), indent=1) + "\n", "utf-8")
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def read_config(folder: Path) -> Model:
    """Read transformers' config.json. Raises ValueError where it is no GPT-2, or not quite ours."""
    try:
        content = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{folder}: no readable config.json ({error})") from None
    fixed = {"model_type": "gpt2", "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5,
             "scale_attn_weights": True, "tie_word_embeddings": True, "add_cross_attention": False,
             "scale_attn_by_inverse_layer_idx": False}  # fmt: skip
    for name, needed in fixed.items():
        if content.get(name, needed) != needed:
            raise ValueError(f"{folder}: {name} is {content[name]!r}; this GPT-2 needs {needed!r}")
    if content.get("n_inner") not in (None, 4 * content.get("n_embd", 768)):
        raise ValueError(f"{folder}: n_inner is {content['n_inner']}; this GPT-2 needs four times n_embd")
    return Model(
        content.get("n_layer", 12), content.get("n_head", 12), content.get("n_embd", 768),
        content.get("n_positions", 1024), content.get("vocab_size", 50257), content.get("resid_pdrop", 0.1),
    )  # fmt: skip


def read(folder: Path) -> dict[str, Tensor]:
    """Read the weights of a checkpoint's folder, in one file or several. Nothing pickled is opened."""
    index = folder / "model.safetensors.index.json"
    try:
        if index.is_file():
            names = sorted(set(json.loads(index.read_text("utf-8"))["weight_map"].values()))
            if any(Path(name).name != name for name in names):
                raise ValueError("its index names files outside of it")
            return {key: tensor for name in names for key, tensor in load_file(folder / name).items()}
        return load_file(folder / "model.safetensors")
    except FileNotFoundError:
        raise ValueError(f"{folder}: there is no model.safetensors here") from None
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise ValueError(f"{folder}: its weights cannot be read ({error})") from None


def read_tokenizer(folder: Path) -> Any:
    """Read vocab.json into our form; where there is none, take GPT-2's own. Raises ValueError without either."""
    path = folder / "vocab.json"
    if not path.is_file():
        return tokens.gpt2()
    bytes_of = {letter: byte for byte, letter in tokens.byte_letters().items()}
    try:
        vocabulary = json.loads(path.read_text("utf-8"))
        end = vocabulary.pop(tokens.END_OF_TEXT)
        ranks = {bytes(bytes_of[c] for c in piece): rank for piece, rank in vocabulary.items()}
        if end != len(ranks):
            raise ValueError("the end of text is not the last id")
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"{path}: not a GPT-2 vocabulary ({error})") from None
    return tokens.from_ranks("gpt2" if len(ranks) == 50256 else "imported", ranks)


def export_run(run: Path, folder: Path) -> Path:
    """Write a run's newest checkpoint as a folder that transformers opens, tokenizer and all."""
    from gpt2 import checkpoint

    model, encoding, _ = checkpoint.open_run(run)
    write(folder, model, encoding.eot_token)
    tokens.export(encoding, folder)
    return folder


def import_run(folder: Path, run: Path) -> Path:
    """Make a run of a transformers GPT-2 folder, to sample, evaluate or train on. Raises ValueError.

    In place of a folder, the name under which `gradatim data get` fetches weights will do.
    """
    from gpt2 import checkpoint

    if not folder.exists() and str(folder) in catalog.OFFERS:
        folder = catalog.place(str(folder))
    if run.exists() and any(run.iterdir()):
        raise ValueError(f"{run} is not empty: import into a new folder")
    shape = read_config(folder)
    encoding = read_tokenizer(folder)
    if encoding.n_vocab != shape.vocab_size:
        raise ValueError(f"{folder}: the tokenizer has {encoding.n_vocab} ids, the model {shape.vocab_size}")
    model = GPT(shape)
    from_transformers(model, read(folder))
    sizes = {(12, 768): "124M", (24, 1024): "350M", (36, 1280): "774M", (48, 1600): "1558M"}
    options = configs.Training(
        preset=sizes.get((shape.n_layer, shape.n_embd), "nano"), n_layer=shape.n_layer, n_head=shape.n_head,
        n_embd=shape.n_embd, block_size=shape.block_size, dropout=shape.dropout, tokenizer="gpt2"
        if encoding.n_vocab == 50257 else "trained", vocab_size=encoding.n_vocab,
    )  # fmt: skip
    run.mkdir(parents=True, exist_ok=True)
    tokens.save(encoding, run / "tokenizer")
    configs.save(run / "config.json", options, shape)
    checkpoint.save(run, 0, model, [], {"step": 0, "tokens": 0, "log": 0}, encoding.eot_token)
    return run


def main(arguments: list[str] | None = None) -> int:
    """Run `python -P -m gpt2.weights export RUN FOLDER` or `… import FOLDER RUN`."""
    parser = argparse.ArgumentParser(prog="gpt2.weights", description=__doc__)
    parser.add_argument("what", choices=["export", "import"])
    parser.add_argument("source", type=Path, help="the run to export, or the folder to import")
    parser.add_argument("target", type=Path, help="the folder to write")
    given = parser.parse_args(arguments)
    try:
        work = export_run if given.what == "export" else import_run
        print(work(given.source, given.target))
    except (ValueError, OSError) as error:
        print(f"gpt2.weights: {in_words(error)}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
