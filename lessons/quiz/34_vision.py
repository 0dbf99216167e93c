"""Quiz deck of lesson 34: convolutions and what they know, nets by name, patches, codes, noise, and two modalities."""

from random import Random

from lessons import Ask

Row = tuple[str, str, tuple[str, ...], str]


def _one(rng: Random, *rows: Row) -> Ask:
    """One of several small questions."""
    text, answer, wrong, why = rng.choice(rows)
    return Ask(text=text, answer=answer, wrong=wrong, why=why)


def conv_size(rng: Random) -> Ask:
    """(size + 2 · padding − kernel) // stride + 1."""
    side, k, p, s = rng.choice([28, 32, 64, 224, 227]), rng.choice([3, 5, 7, 11]), rng.choice([0, 1, 2, 3]), 1
    s = rng.choice([1, 2, 4])
    right = (side + 2 * p - k) // s + 1
    return Ask(
        text=f"A picture of {side} × {side} pixels, a kernel of {k} × {k}, stride {s}, padding {p}. How wide is the "
        "output?",
        hidden=f"F.conv2d(torch.zeros(1, 1, {side}, {side}), torch.zeros(1, 1, {k}, {k}), stride={s}, padding={p})"
        ".shape[-1]",
        wrong=tuple(map(str, (right + 1, right - 1, side // s, (side + p - k) // s + 1, (side - k) // s + 1))),
        why=f"({side} + 2 · {p} − {k}) // {s} + 1 = {right}: so many places for the window.",
    )


def cnn_params(rng: Random) -> Ask:
    """O · C · kh · kw weights and O biases, whatever the picture's size."""
    c, o, k, side = rng.choice([1, 3, 16, 64]), rng.choice([8, 32, 96]), rng.choice([1, 3, 5]), rng.choice([32, 224])
    bias = rng.choice([True, False])
    return Ask(
        text=f"How many parameters does this layer have? Its pictures are {side} × {side}.",
        code=f"m = nn.Conv2d({c}, {o}, {k}{'' if bias else ', bias=False'})\nsum(p.numel() for p in m.parameters())",
        wrong=tuple(map(str, (o * k * k + o, c * o * k * k * side, (c * k * k + 1) * o + c, c * k * k, c * o * k,
                              c * o * k * k + (0 if bias else o)))),
        why=f"Each of {o} kernels reaches over all {c} channels: {c} · {k} · {k}"
        + (", and a bias. " if bias else ". ")
        + "The picture's size plays no part.",
    )  # fmt: skip


def equivariance(rng: Random) -> Ask:
    """The output moves with the picture; after a mean over places it stays."""
    d = rng.choice([2, 4, 6])
    return _one(
        rng,
        (f"A picture moves {d} pixels to the right, far from its edges. What does a convolution's output of stride 1 "
         "do?", f"it moves {d} pixels to the right",
         ("it stays as it was", "it changes everywhere", f"it moves {d} pixels to the left"),
         "Equivariant: the same kernel at all places."),
        (f"A picture moves {d} pixels to the right. What does the output of a convolution of stride 2 do?",
         f"it moves by {d // 2}", (f"it moves by {d}", "it stays", f"it moves by {2 * d}"),
         "Every second place is looked at. (For odd moves it is only nearly so.)"),
        (f"A mean over all places stands behind the convolutions. A thing moves {d} pixels. The mean …",
         "stays the same", ("moves too", f"is {d} times as large", "is 0"),
         "Invariant: where things are has been thrown away, on purpose."),
    )  # fmt: skip


def receptive(rng: Random) -> Ask:
    """Each layer adds (kernel − 1) times the strides before it."""
    layers = [(rng.choice([3, 3, 5]), rng.choice([1, 2])) for _ in range(rng.randint(2, 4))]
    seen, jump = 1, 1
    for k, s in layers:
        seen, jump = seen + (k - 1) * jump, jump * s
    plain = 1 + sum(k - 1 for k, _ in layers)
    product = 1
    for k, _ in layers:
        product *= k
    return Ask(
        text=f"Convolutions as (kernel, stride): {', '.join(map(str, layers))}. How wide a window of the picture does "
        "one output see?",
        hidden=f"seen, jump = 1, 1\nfor k, s in {layers}:\n    seen, jump = seen + (k - 1) * jump, jump * s\nseen",
        wrong=tuple(map(str, (plain, product, sum(k for k, _ in layers), seen + 2, seen - 2))),
        why="A layer adds (kernel − 1) steps, and a step is as wide as the strides of the layers before it.",
    )


def lenet_to_resnet(rng: Random) -> Ask:
    """60 thousand, 60 million, 138 million, and then 25.6."""
    nets = {"LeNet-5 (1998)": "60 thousand", "AlexNet (2012)": "60 million", "VGG-16 (2014)": "138 million",
            "ResNet-50 (2015)": "25.6 million"}  # fmt: skip
    if rng.random() < 0.6:
        name = rng.choice(list(nets))
        return Ask(
            text=f"How many parameters does {name} have, about?",
            answer=nets[name],
            wrong=tuple(v for v in nets.values() if v != nets[name]),
            why="VGG's first fully connected layer alone has 103 million; ResNet has a mean in its place.",
        )
    side, c, width = 7, 512, rng.choice([4096, 2048, 1024])
    return Ask(
        text=f"{c} channels of {side} × {side} go into a fully connected layer of {width}. How many weights, in "
        "millions?",
        hidden=f"round({c} * {side} * {side} * {width} / 1e6, 1)",
        wrong=tuple(f"{v:.4g}" for v in (c * width / 1e6, c * side * width / 1e6, side * side * width / 1e6,
                                         c * c * 9 / 1e6)),
        why="VGG's head, with 4,096: most of its 138 million. A mean over the places needs none of them.",
    )  # fmt: skip


def vit_196(rng: Random) -> Ask:
    """(side / patch)² tokens of 3 · patch² numbers."""
    side, p = rng.choice([(224, 16), (224, 32), (384, 16), (224, 14), (256, 16)])
    n = (side // p) ** 2
    kind = rng.randrange(3)
    if kind == 0:
        return Ask(
            text=f"A picture of {side} × {side} in patches of {p} × {p}. How many tokens, a class token not counted?",
            hidden=f"({side} // {p}) ** 2",
            wrong=tuple(map(str, (n + 1, side // p, side * side // p, p * p, n // 4))),
            why=f"{side // p} in a row, {side // p} rows.",
        )
    if kind == 1:
        return Ask(
            text=f"How many numbers does a patch of {p} × {p} of a color picture hold?",
            hidden=f"3 * {p} * {p}",
            wrong=tuple(map(str, (p * p, 3 * p, 9 * p * p, n, 768 + p))),
            why="Three channels. One linear layer, or a convolution of that stride, makes a vector of them.",
        )
    return Ask(
        text=f"{side} × {side} pixels in patches half as wide as {p}. By which factor does the number of attention "
        "scores grow?",
        hidden=f"(({side} * 2 // {p}) ** 2) ** 2 // (({side} // {p}) ** 2) ** 2",
        wrong=("2", "4", "8", "64"),
        why="Four times the tokens, so sixteen times the pairs.",
        fixed="It is 16 whatever the sizes: that is what is asked.",
    )


def pool(rng: Random) -> Ask:
    """The largest or the mean of each window; no parameters."""
    values = [rng.randint(0, 20) for _ in range(4)]
    while max(values) * 4 == sum(values):
        values = [rng.randint(0, 20) for _ in range(4)]
    kind = rng.choice(["max", "avg"])
    return Ask(
        text=f"What does {kind} pooling of 2 × 2 make of this window?",
        code=f"x = torch.tensor([[[{values[:2]}, {values[2:]}]]]).float()\nF.{kind}_pool2d(x, 2).item()",
        wrong=tuple(f"{v:.4g}" for v in (max(values), sum(values) / 4, min(values), sum(values), values[0] + 0.5)),
        why="The largest, or the mean. Nothing is learned; the gradient goes to the largest alone, or to all alike.",
    )


def augment(rng: Random) -> Ask:
    """Changes that leave the label as it is."""
    job = rng.choice([
        ("handwritten digits", "mirrored left to right", "a shift by two pixels",
         "A mirrored 3 is no digit; a moved one is the same."),
        ("left and right turn signs", "mirrored left to right", "a little more light",
         "The mirror turns one sign into the other."),
        ("cats and dogs", "cut so that only the floor is left", "mirrored left to right",
         "A cat has two sides; without it in the picture there is none."),
        ("skin spots, where color decides", "colors turned at random", "a rotation", "No direction is special there; "
         "color is what it is about."),
    ])  # fmt: skip
    what, bad, good, why = job
    if rng.random() < 0.5:
        return Ask(
            text=f"Training pictures of {what}. Which change of a picture keeps its label?",
            answer=good,
            wrong=(bad, "the label of another picture", "all pixels shuffled"),
            why=why,
        )
    return _one(
        rng,
        (f"When are pictures of {what} changed at random?", "in training alone, anew in each epoch",
         ("in training and in testing", "once, before training", "in testing alone"),
         "The net never sees quite the same twice; what is measured must not change."),
        (f"Training accuracy on {what} is 99 %, on new pictures 80 %. What may augmentation do?",
         "lower the first, raise the second", ("raise both", "raise the first", "nothing without more pictures"),
         "It makes learning by heart harder."),
    )  # fmt: skip


def selfie_cnn(rng: Random) -> Ask:
    """A net learned which selfies get likes: style, and biases of the data."""
    likes = rng.choice(["two million", "2,000,000"])
    return _one(
        rng,
        (f"A blog of 2015 trained a CNN on {likes} selfies, good ones and bad ones. What told good from bad?",
         "likes, by the number of followers",
         ("the author's taste", "sharpness", "a panel of photographers"),
         "A label that is cheap, and measures what it measures: popularity."),
        ("Which advice could be read off the selfies that the net liked best?",
         "the face takes a third of the picture", ("the whole body", "a dark room", "many people, far away"),
         "Also filters, borders, a cut-off forehead: style counted more than the person."),
        (f"The net of the {likes} selfies prefers some groups of people. Where does that come from?",
         "from the labels: from who gave likes", ("from convolutions", "from too few layers", "from the optimizer"),
         "It learned what the data rewards, biases included."),
        ("The selfie net began with weights trained on ImageNet. Why?", "edges and textures are useful everywhere",
         ("selfies are in ImageNet", "it needs no data then", "its classes are the same"),
         "Fine-tuning: the early layers are kept, the last is new."),
    )  # fmt: skip


def browser_dl(rng: Random) -> Ask:
    """Training and running nets in a page: nothing leaves the machine."""
    size = rng.choice([5, 20, 100])
    if rng.random() < 0.4:
        rate = rng.choice([10, 20, 40])
        return Ask(
            text=f"A page loads a net of {size} million float32 weights at {rate} megabits a second. How many seconds?",
            hidden=f"{size} * 4 * 8 / {rate}",
            wrong=tuple(f"{v:.4g}" for v in (size * 4 / rate, size * 8 / rate, size / rate, size * 32 * rate)),
            why="4 bytes a weight, 8 bits a byte: that is why nets for the browser are small, and in 8 bits.",
        )
    return _one(
        rng,
        ("What was special about ConvNetJS (2014)?", "nets trained in the browser, in plain JavaScript",
         ("the first CNN", "the first use of a GPU", "nets without gradients"),
         "One could watch a net learn in a page, with nothing installed."),
        ("What does a net in the browser offer that a server cannot?", "the pictures never leave the machine",
         ("more memory", "larger batches", "secret weights"), "And no server to pay for; but the weights are public."),
        ("How do nets in a browser reach the GPU today?", "WebGL or WebGPU", ("CUDA", "they cannot", "through Python"),
         "TensorFlow.js and ONNX Runtime Web, for example."),
    )  # fmt: skip


def vlm(rng: Random) -> Ask:
    """Image tokens, projected to the width of the language model."""
    n, c, d = rng.choice([196, 256, 576]), rng.choice([768, 1024]), rng.choice([2048, 4096])
    if rng.random() < 0.5:
        return Ask(
            text=f"An encoder gives {n} tokens of {c} numbers; a language model of width {d} is to see them. How many "
            "weights has the linear projection between them, without bias?",
            hidden=f"{c} * {d}",
            wrong=tuple(map(str, (n * c, n * d, n * c * d, c + d, c * c))),
            why="One matrix for all tokens. It is often all that is trained in the first stage.",
        )
    text = rng.choice([20, 50, 100])
    return Ask(
        text=f"A picture of {n} tokens, then a question of {text} tokens. How long a sequence does the language model "
        "read?",
        hidden=f"{n} + {text}",
        wrong=tuple(map(str, (text, n, text + 1, n * text, 2 * n + text))),
        why="Projected image tokens stand among the words, as if they were words of their own.",
    )


def clip_idea(rng: Random) -> Ask:
    """Pairs of picture and text meet; all other pairs of the batch part."""
    n, classes = rng.choice([64, 256, 1024]), rng.choice([10, 100, 1000])
    kind = rng.randrange(3)
    if kind == 0:
        return Ask(
            text=f"CLIP with a batch of {n} pairs. How many wrong texts is each picture compared with?",
            hidden=f"{n} - 1",
            wrong=tuple(map(str, (n, n * n, n * n - n, 1, n // 2))),
            why="All texts of the batch but its own: large batches make the task hard, and the encoders good.",
        )
    if kind == 1:
        return Ask(
            text=f"CLIP with {n} pairs and untrained encoders, all similarities alike. What is the loss?",
            hidden=f"round(math.log({n}), 3)",
            wrong=tuple(f"{v:.4g}" for v in (1.0, 0.0, round(1 / n, 4), n, n.bit_length())),
            why=f"A cross entropy over {n} texts: ln {n}.",
        )
    return Ask(
        text=f"CLIP is to sort pictures into {classes} classes without any training on them. How?",
        answer='compare with texts: "a photo of a …"',
        wrong=("fine-tune its last layer", "cluster the pictures", "it cannot"),
        why="The nearest of the texts is the class. New classes are new sentences.",
    )


def vq_tokens(rng: Random) -> Ask:
    """A picture of codes: so many tokens of log2 K bits."""
    side, K = rng.choice([16, 32]), rng.choice([512, 1024, 8192])
    kind = rng.randrange(3)
    if kind == 0:
        return Ask(
            text=f"A VQ-VAE makes {side} × {side} codes of a picture; its book has {K:,}. How many bits does the "
            "picture take?",
            hidden=f"round({side} * {side} * math.log2({K}))",
            wrong=tuple(map(str, (side * side, side * side * K, side * K, side * side * 8, K))),
            why=f"{side * side} tokens of log2 {K} bits each.",
        )
    if kind == 1:
        return Ask(
            text=f"A GPT is to write pictures of {side} × {side} codes out of {K:,}. How many tokens is a picture?",
            hidden=f"{side} * {side}",
            wrong=tuple(map(str, (K, side, side * side * 3, side * side + K, 2 * side))),
            why="Row by row, as text. Then the decoder makes pixels of them.",
        )
    return _one(
        rng,
        (f"Of {K:,} codes only 40 are ever used. What happened?", "the others were never nearest: no gradient",
         ("the decoder is too large", "beta is 0", "the straight-through gradient is missing"),
         "Dead codes. They can be started again at vectors of the batch."),
        (f"The number of the nearest of {K:,} codes has no slope. How does the encoder learn?",
         "the gradient of zq is handed to z", ("by the codebook's term alone", "argmin has a gradient", "it does not"),
         "Straight through: z + (zq − z).detach()."),
    )  # fmt: skip


def diffusion_steps(rng: Random) -> Ask:
    """Any step at once in training, one after the other in sampling."""
    T, ms, n = rng.choice([1000, 500]), rng.choice([10, 20, 50]), rng.choice([20, 50])
    kind = rng.randrange(3)
    if kind == 0:
        return Ask(
            text=f"A net takes {ms} ms. How many seconds does a sample of {T} steps take, one after the other?",
            hidden=f"{T} * {ms} / 1000",
            wrong=tuple(f"{v:.4g}" for v in (ms / 1000, T / ms, T * ms, T * ms / 60000, n * ms / 1000)),
            why=f"Each step needs the one before it. Faster samplers take {n} steps with the same net.",
        )
    if kind == 1:
        a = rng.choice([0.25, 0.36, 0.64, 0.81])
        return Ask(
            text=f"abar at a step is {a}. With which factors are picture and noise multiplied?",
            hidden=f"(round({a} ** 0.5, 3), round((1 - {a}) ** 0.5, 3))",
            wrong=(f"({a:g}, {1 - a:.4g})", f"({a**0.5:.3g}, {1 - a:.4g})", f"({a**0.5:.3g}, {1 - a**0.5:.3g})",
                   f"({(1 - a) ** 0.5:.3g}, {a**0.5:.3g})"),
            why="abar is a share of the variance: the squares of the two factors add up to 1.",
        )  # fmt: skip
    return _one(
        rng,
        (f"How many of {T} steps are gone through to train on one picture once?", "one, drawn at random",
         (f"all {T}", "half of them", "the last one"), "x_t is computed at once from x0, whatever t is."),
        ("What is the net's target in DDPM?", "the noise that was put in",
         ("the picture's class", "the next pixel", "the picture of the step before"),
         "From it follow the clean picture and the direction back."),
    )  # fmt: skip


def cnn_distill(rng: Random) -> Ask:
    """A small CNN learns from a large one's probabilities."""
    big, small = rng.choice([(60, 3), (138, 5), (25, 4)])
    T = rng.choice([2, 4])
    if rng.random() < 0.5:
        logits = [rng.choice([4.0, 6.0]), rng.choice([1.0, 2.0]), 0.0]
        return Ask(
            text=f"A teacher's logits are {logits}. At temperature {T}, what is its probability of the second class?",
            hidden=f"round((torch.tensor({logits}) / {T}).softmax(0)[1].item(), 3)",
            wrong=tuple(
                f"{v:.4g}" for v in (0.0, round(logits[1] / sum(logits), 3), round(logits[1] / T, 3), 0.333, 0.5)
            ),
            why="Divided by the temperature first, then the softmax: small probabilities become visible.",
        )
    return _one(
        rng,
        (f"A CNN of {big} million weights teaches one of {small} million. What does the small one see beside labels?",
         "how the large one rates all classes", ("its kernels", "its gradients", "its training pictures' names"),
         "That a truck looks more like a car than like a cat is information, in each picture."),
        (f"{small} million weights in place of {big}, taught by the large net. When is that worth it?",
         "when many pictures are to be classified",
         ("when there is no teacher", "when training time is short", "always"),
         "Training costs more, once; each use costs less."),
    )  # fmt: skip


def keras_lstm(rng: Random) -> Ask:
    """The same layer elsewhere: one bias a gate in Keras, two in torch."""
    i, h = rng.choice([8, 10, 28]), rng.choice([16, 32, 64])
    where = rng.choice(["torch", "Keras"])
    both = (4 * (h * (i + h) + h), 4 * (h * (i + h) + 2 * h))
    if rng.random() < 0.6:
        count = f"sum(p.numel() for p in nn.LSTM({i}, {h}).parameters())"
        return Ask(
            text=f"An LSTM with {i} inputs and {h} units in {where}: how many parameters? (torch has two biases for a "
            "gate, Keras one.)",
            hidden=count if where == "torch" else f"{count} - 4 * {h}",
            wrong=tuple(map(str, (*both, 4 * h * (i + h), h * (i + h) + h, 3 * (h * (i + h) + h)))),
            why="Four gates, each with weights for input and state. The two biases of torch are added: one would do.",
        )
    return _one(
        rng,
        (f"Keras reads [batch, time, {i}]. Which argument makes nn.LSTM({i}, {h}) do so?", "batch_first=True",
         ("bidirectional=True", "proj_size=1", "none: it does anyway"), "torch's default is [time, batch, features]."),
        (f"A Keras LSTM of {h} units, return_sequences=False. What is its output for one sample?",
         f"the last state: {h} numbers", (f"all states: time · {h} numbers", "one number", f"{4 * h} numbers"),
         "In torch one takes output[:, -1] or h_n."),
        ("model.compile(…) and model.fit(…) in Keras: what stands for them in plain torch?",
         "optimizer, loss and the training loop", ("torch.compile", "nn.Sequential", "model.train()"),
         "fit is the loop of lesson 9. (torch.compile is something else: it makes kernels.)"),
    )  # fmt: skip
