"""Quiz deck of lesson 29: files that hold models, porting weights, and the library around them."""

from random import Random

from lessons import Ask


def three_ways(rng: Random) -> Ask:
    """Weights, whole model, checkpoint: each is good for something."""
    ways = (
        "torch.save(model.state_dict(), path)",
        "torch.save(model, path)",
        "torch.save({model, opt, step, data, rng}, path), of states",
    )
    step = rng.choice([500, 1000, 3000])
    want, n, why = rng.choice(
        [
            (f"go on at step {step + 1} after a restart", 2, "The next step reads all of that, not the weights alone."),
            ("hand the trained weights to somebody with your code", 0, "Names and tensors; they build the model."),
            ("load with weights_only=True, for sampling only", 0, "Tensors under names are all that it takes."),
            (
                "break when your class moves to another file",
                1,
                "The pickle holds an import path of the class, not the class: it is looked up where it was.",
            ),
            (f"continue with the same dropout masks as an unbroken run of {2 * step} steps", 2, "Masks come from rng."),
        ]
    )
    return Ask(
        text=f"Which of these will {want}?" if n == 1 else f"You want to {want}. Which file is made for it?",
        answer=ways[n],
        wrong=ways,
        why=why,
    )


def weights_only(rng: Random) -> Ask:
    """The default reads tensors and plain values, and refuses classes."""
    n = rng.randint(2, 9)
    made, why = rng.choice(
        [
            (f"nn.Linear({n}, 2)", "A module is an object of a class: refused by the default since PyTorch 2.6."),
            (f"nn.Linear({n}, 2).state_dict()", "Names and tensors: that is what it reads."),
            (f"{{'step': {n}, 'x': torch.ones({n})}}", "A dict of numbers and tensors is fine."),
            (f"[torch.ones({n}), 'note', ({n}, 2.5)]", "Lists, tuples, strings and numbers are plain values."),
            (f"{{'step': {n}, 'norm': nn.LayerNorm({n})}}", "One module inside is enough to refuse all of it."),
        ]
    )
    return Ask(
        text="Does this file load?",
        code=f"import io\nfile = io.BytesIO()\ntorch.save({made}, file)\nfile.seek(0)\ntorch.load(file) is not None",
        wrong=("True", "raises", "False"),
        why=why + " Unpickling a class may run any code.",
    )


def map_loc(rng: Random) -> Ask:
    """A tensor in a file remembers its device; map_location overrules it."""
    gpu = rng.randint(1, 7)
    first = rng.random() < 0.5
    where = 'map_location="cpu"' if first else 'map_location="cuda:0"'
    machine, fate, why = rng.choice(
        [
            ("a laptop without a GPU", "an error: there is no such device", "It asks for the device of the file."),
            (
                "a machine with one GPU",
                "an error: there is no such device",
                f"It asks for cuda:{gpu}; there is cuda:0.",
            ),
            (f"a machine with {gpu + 1} GPUs", f"tensors on cuda:{gpu}", "That device exists, so there they go."),
        ]
    )
    if rng.random() < 0.4:
        machine, fate = f"a machine with {gpu + 1} GPUs", "tensors on the CPU" if first else "tensors on cuda:0"
        call, why = f"torch.load(path, {where})", "map_location wins over what the file remembers."
    else:
        call = "torch.load(path)"
    return Ask(
        text=f"A state_dict was saved from cuda:{gpu}. On {machine} runs {call}. What comes of it?",
        answer=fate,
        wrong=(
            "tensors on the CPU",
            f"tensors on cuda:{gpu}",
            "tensors on cuda:0",
            "an error: there is no such device",
        ),
        why=why + ' map_location="cpu", then load_state_dict, works everywhere: it copies to where the model is.',
    )


def auto_classes(rng: Random) -> Ask:
    """config.json picks the class; the Auto class picks the head."""
    b, t, c, v = rng.randint(2, 5), rng.randint(6, 12), rng.choice([64, 128, 256]), rng.choice([1000, 5000, 8000])
    what, answer, why = rng.choice(
        [
            (
                "AutoModel.from_pretrained(name)(ids)[0]",
                f"({b}, {t}, {c})",
                "AutoModel is the trunk: last_hidden_state, no head.",
            ),
            (
                "AutoModelForCausalLM.from_pretrained(name)(ids)[0]",
                f"({b}, {t}, {v})",
                "ForCausalLM adds the head: logits over the vocabulary, at every position.",
            ),
        ]
    )
    return Ask(
        text=f"The config.json of a GPT-2 has n_embd {c}, vocab_size {v}. ids is ({b}, {t}). What is the shape of\n"
        f"  {what}",
        answer=answer,
        wrong=(f"({b}, {t}, {c})", f"({b}, {t}, {v})", f"({b}, {v})", f"({b}, {c})"),
        why=why + " AutoConfig reads sizes such as n_layer, AutoTokenizer the tokenizer that goes with them.",
    )


def outputs(rng: Random) -> Ask:
    """An output has fields; which ones depends on what was asked."""
    t = rng.randint(5, 20)
    field, meaning, why = rng.choice(
        [
            ("logits", "scores of the next token at each position", "(B, T, V), before any softmax."),
            (
                "past_key_values",
                "keys and values of all layers so far",
                "The cache: pass it on with the new ids alone.",
            ),
            ("loss", "mean cross entropy, if labels were given", "Without labels it is None."),
            ("attentions", "softmax weights of each layer, if asked for", "(B, H, T, T) a layer, eager kernel only."),
            ("hidden_states", "inputs of all layers and the last result, if asked for", "n_layer + 1 of (B, T, C)."),
        ]
    )
    return Ask(
        text=f"out = model(ids, …) of a causal language model in transformers, ids of {t} tokens a row. What is "
        f"out.{field}?",
        answer=meaning,
        wrong=(
            "scores of the next token at each position",
            "keys and values of all layers so far",
            "softmax weights of each layer, if asked for",
            "probabilities of the next token, at the last position",
        ),
        why=why,
    )


def label_shift(rng: Random) -> Ask:
    """The library shifts labels inside."""
    start, t = rng.randint(1, 5), rng.randint(6, 9)
    shifted = rng.random() < 0.5
    return Ask(
        text="The model is sure of `each token is the one before it plus 1`, and the library computes the loss like "
        "this. Is it near 0?",
        code=f"ids = torch.arange({start}, {start + t})\n"
        f"logits = 20.0 * F.one_hot(ids + 1, {start + t + 3})\n"
        f"labels = ids{' + 1  # shifted by hand' if shifted else ''}\n"
        "F.cross_entropy(logits[:-1], labels[1:]).item() < 0.1",
        wrong=("True", "False", "raises"),
        why="Shifted by hand and shifted inside: the model is asked for the token after next."
        if shifted
        else "Position t is compared with label t + 1, inside. So labels are simply the ids, with -100 where nothing "
        "is asked.",
    )


def conv1d(rng: Random) -> Ask:
    """Four weights in each block lie the other way round."""
    layers, c = rng.choice([2, 4, 6, 12, 24]), rng.choice([32, 64, 96, 768])
    if rng.random() < 0.5:
        return Ask(
            text=f"A GPT-2 of {layers} layers is ported from transformers to nn.Linear. How many of its matrices must "
            "be turned (wte and wpe are matrices, too)?",
            hidden=f"{layers} * len(['c_attn', 'attn.c_proj', 'c_fc', 'mlp.c_proj'])",
            wrong=(str(4 * layers + 2), str(3 * layers), str(4), str(2 * layers), str(4 * layers + 1)),
            why="Four in each block are Conv1D. The tables are rows for ids and positions on both sides.",
        )
    return Ask(
        text=f"n_embd is {c}. For how many of a block's four Conv1D weights does the shape tell whether they have been "
        "turned?",
        hidden=f"c = {c}\nlen([1 for i, o in [(c, 3 * c), (c, c), (c, 4 * c), (4 * c, c)] if i != o])",
        wrong=("4", "2", "0", "1"),
        why="attn.c_proj is square: it fits either way, and only the numbers that come out tell. The two of the MLP "
        "are oblong, as is c_attn.",
    )


def eager_attn(rng: Random) -> Ask:
    """A fast kernel has no attention matrix to return."""
    b, h, t, layers = rng.randint(2, 3), rng.randint(4, 8), rng.randint(9, 15), rng.randint(2, 3)
    eager = rng.random() < 0.6
    way = "eager" if eager else "sdpa"
    shape = f"{layers} tensors of ({b}, {h}, {t}, {t})"
    return Ask(
        text=f'from_pretrained(…, attn_implementation="{way}"): {layers} layers, {h} heads. ids is ({b}, {t}). What is '
        "model(ids, output_attentions=True).attentions (transformers 5.23)?",
        answer=shape if eager else "nothing: an empty tuple",
        wrong=(
            shape,
            "nothing: an empty tuple",
            f"{layers} tensors of ({b}, {t}, {t})",
            f"one tensor of ({b}, {h}, {t}, {t})",
        ),
        why="One matrix for each row and head, in each layer; its rows sum to 1."
        if eager
        else "The fused kernel works in tiles and never has the whole matrix. Load with eager to look at attention.",
    )


def trainer(rng: Random) -> Ask:
    """A loop with everything on."""
    n, batch, epochs = rng.randint(20, 90) * 8, rng.choice([2, 4, 8]), rng.randint(1, 4)
    accumulate = rng.choice([1, 2, 4])
    n *= accumulate
    return Ask(
        text=f"Trainer gets {n} examples, per_device_train_batch_size={batch}, "
        f"gradient_accumulation_steps={accumulate}, num_train_epochs={epochs}, on one GPU. How many optimizer steps "
        "does it take?",
        hidden=f"{n} // ({batch} * {accumulate}) * {epochs}",
        wrong=(
            str(n // batch * epochs + (accumulate == 1)),
            str(n // (batch * accumulate)) if epochs > 1 else str(n),
            str(n * epochs + 1),
            str(n // (batch * accumulate) * epochs * 2),
            str(n // (batch * accumulate) * epochs // 2),
        ),
        why="Inside it is the loop of lesson 9: shuffle, forward, backward, clip at norm 1.0, AdamW, a linear schedule "
        "to 0. What it hides you still have to choose.",
    )


def finetune_lr(rng: Random) -> Ask:
    """The weights are good already: small steps."""
    start = rng.choice(["6e-4", "3e-4", "1e-3"])
    size = rng.choice(["124M", "355M", "774M"])
    return Ask(
        text=f"A GPT-2 {size} was pretrained with a peak learning rate of {start}. With which do you begin to "
        "fine-tune all of its weights with AdamW?",
        answer="about 5e-5",
        wrong=(f"{start}, as before", "about 0.1", "about 5e-9"),
        why="5e-5 is Trainer's default, a tenth or less of pretraining's. Large steps wipe out what was learned; tiny "
        "ones are lost in rounding.",
    )


def safetensors(rng: Random) -> Ask:
    """A table, then bytes."""
    rows, columns = rng.randint(10, 90), rng.randint(10, 90)
    name, width = rng.choice([("F32", 4), ("BF16", 2), ("F16", 2)])
    return Ask(
        text=f"A .safetensors file begins with 8 bytes (the length of the table), then a table of 100 bytes that says: "
        f"one tensor, {name}, shape [{rows}, {columns}]. How long is the file?",
        hidden=f"8 + 100 + {rows} * {columns} * {width}",
        wrong=(
            str(rows * columns * width),
            str(108 + rows * columns),
            str(108 + rows * columns * 8),
            str(100 + rows * columns * width),
            str(108 + (rows + columns) * width),
        ),
        why="Nothing but names, dtypes, shapes and numbers: no code to run, and the bytes can be mapped into memory as "
        "they are.",
    )


def generate_args(rng: Random) -> Ask:
    """Say how to sample, and count new tokens."""
    prompt, n = rng.randint(5, 30), rng.randint(6, 40)
    new = rng.random() < 0.5
    key = "max_new_tokens" if new else "max_length"
    total = prompt + n
    given = n if new else total
    return Ask(
        text=f"ids has {prompt} tokens. model.generate(ids, do_sample=False, {key}={given}) meets no end-of-text. How "
        "many tokens has the row that it returns?",
        hidden=f"{prompt} + {n}" if new else f"{total}",
        wrong=(str(n), str(total + prompt), str(total - 1), str(prompt), str(total + 1)),
        why=("The prompt comes back in front of the new ones." if new else "max_length counts the prompt, too.")
        + " do_sample=False takes the most likely token; with do_sample=True temperature, top_k and top_p count.",
    )


def daily_driver(rng: Random) -> Ask:
    """The source is short, and you can read it now."""
    name = rng.choice(["gpt2", "llama", "mistral", "qwen2", "gemma2"])
    question, answer = rng.choice(
        [
            (f"where the causal mask of {name} is applied", f"models/{name}/modeling_{name}.py"),
            (f"in which order the norms of {name} come", f"models/{name}/modeling_{name}.py"),
            (f"which sizes and options {name} has, with defaults", f"models/{name}/configuration_{name}.py"),
        ]
    )
    return Ask(
        text=f"You want to know {question}. Which file of transformers do you open first?",
        answer=answer,
        wrong=(
            f"models/{name}/modeling_{name}.py",
            f"models/{name}/configuration_{name}.py",
            "trainer.py",
            "pipelines/__init__.py",
        ),
        why="One folder a model, one file for its modules, written to be read from top to bottom. The source answers "
        "what no page does.",
    )


def savedmodel(rng: Random) -> Ask:
    """What a file needs around it to run."""
    n = rng.randint(2, 40)
    kinds = (
        ("a PyTorch state_dict", "your model's code", "It has names and tensors; the class is yours to bring."),
        ("a TensorFlow SavedModel", "no model code", "It holds the graph of operations beside the weights."),
        ("a program written by torch.export", "no model code", "Its graph is in the file, like a SavedModel's."),
        ("a safetensors file", "your model's code", "Tensors and their names, nothing else."),
        ("torch.save(model) of a class of yours", "your model's code", "A pickle knows where the class was imported."),
    )
    kind, answer, why = rng.choice(kinds)
    return Ask(
        text=f"A server shall run a model of {n} million parameters from {kind}. What of yours does it need beside the "
        "file?",
        answer=answer,
        wrong=("your model's code", "no model code", "your training loop"),
        why=why,
    )
