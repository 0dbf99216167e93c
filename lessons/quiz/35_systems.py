"""Quiz deck of lesson 35: how assistants are made, what they know, retrieval, tools, attacks, putting it to work."""

from math import log
from random import Random

from lessons import Ask

Row = tuple[str, str, tuple[str, ...], str]


def _one(rng: Random, *rows: Row) -> Ask:
    """One of several small questions."""
    text, answer, wrong, why = rng.choice(rows)
    return Ask(text=text, answer=answer, wrong=wrong, why=why)


def _named(rng: Random, text: str, names: dict[str, tuple[str, str]]) -> Ask:
    """Which of several things is described? ``names`` maps each to its description and to a reason."""
    name = rng.choice(list(names))
    described, why = names[name]
    others = [other for other in names if other != name]
    return Ask(text=f"{text} {described}", answer=name, wrong=tuple(rng.sample(others, min(3, len(others)))), why=why)


def state_stages(rng: Random) -> Ask:
    """Four stages; nearly all of the compute goes into the first."""
    if rng.random() < 0.4:
        total, share = rng.choice([500_000, 1_000_000, 2_000_000]), rng.choice([0.98, 0.99])
        return Ask(
            text=f"Pretraining takes {share:.0%} of {total:,} GPU hours. How many are left for the three other stages?",
            hidden=f"round({total} * (1 - {share}))",
            wrong=tuple(map(str, (round(total * share), total // 4, total * 3 // 4, round(total * (1 - share) / 3)))),
            why="Fine-tuning, reward modeling and reinforcement learning are days on a few GPUs; pretraining is months "
            "on thousands.",
        )
    return _named(rng, "An assistant is made in four stages. Which one has this as its data?", {
        "pretraining": ("Trillions of words, much of the web.", "Low quality, huge quantity: next-token prediction."),
        "supervised fine-tuning": ("Ten thousand or more ideal answers, written by people.",
                                   "Few and good: the same loss, another data set."),
        "reward modeling": ("Comparisons: which of two answers is better?", "It learns a number for an answer."),
        "reinforcement learning": ("Prompts alone; answers are made on the way and scored.",
                                   "The reward model says how good the model's own answers are."),
    })  # fmt: skip


def two_models(rng: Random) -> Ask:
    """GPT-3: 175 B on 300 B tokens; LLaMA: 65 B on 1.4 T, and better."""
    name, n, d = rng.choice([("GPT-3 (2020)", 175, 300), ("LLaMA (2023)", 65, 1400)])
    if rng.random() < 0.5:
        return Ask(
            text=f"{name} has {n} billion parameters and was trained on {d:,} billion tokens. How many tokens is that "
            "for each parameter?",
            hidden=f"round({d} / {n}, 1)",
            wrong=tuple(f"{v:.4g}" for v in (round(n / d, 1), round(d * 6 / n, 1), 20.0, round(d / n / 10, 2), 1.0)),
            why="1.7 for GPT-3, 21.5 for LLaMA: the smaller model was trained for longer, and beat the larger one.",
        )
    return Ask(
        text=f"{name}: {n} billion parameters, {d:,} billion tokens. By 6·N·D, how much compute is that?",
        hidden=f"f'{{6 * {n}e9 * {d}e9:.1e}}'",
        wrong=tuple(f"{v:.1e}" for v in (n * d * 1e18, 6e9 * n * d, 2e18 * n * d, 6e18 * d * d)),
        why="LLaMA 65B took less than twice GPT-3's compute. Parameters alone say little about a model's power.",
    )


def tokens_to_think(rng: Random) -> Ask:
    """A fixed amount of work for each token: spread hard questions over many."""
    layers, steps = rng.choice([12, 32, 80]), rng.choice([20, 60, 150])
    if rng.random() < 0.5:
        return Ask(
            text=f"A model of {layers} layers answers at once, with 1 token; another time it writes {steps} tokens "
            "of reasoning and then the answer. How many passes through a layer came before the end of the answer then?",
            hidden=f"({steps} + 1) * {layers}",
            wrong=tuple(map(str, (layers, steps, steps * layers, layers + steps, 2 * layers))),
            why="The work for a token is fixed. Written steps buy work, and can be read again by attention.",
        )
    return _one(
        rng,
        ("Which addition to a prompt makes right answers to word problems likelier, and why?",
         "steps first: reasoning is spread over many tokens",
         ("\"answer in one word\": less can go wrong", "a lower temperature: it knows more", "more polite words"),
         "A chain of thought. Asking for the answer first leaves all the work to one token."),
        ("A model states its answer first and then explains it. What is the explanation worth?",
         "it came after the answer and could not help it",
         ("it shows how the answer was found", "it doubles the work that went into the answer"),
         "Tokens are written from left to right: what comes later cannot have caused what came before."),
    )  # fmt: skip


def few_shot(rng: Random) -> Ask:
    """Examples in the prompt, weights unchanged."""
    shots, tokens, price = rng.choice([3, 5, 8]), rng.choice([80, 120, 200]), rng.choice([1_000, 10_000])
    if rng.random() < 0.5:
        return Ask(
            text=f"{shots} examples of {tokens} tokens stand before every question. How many extra tokens are that in "
            f"{price:,} questions?",
            hidden=f"{shots} * {tokens} * {price}",
            wrong=tuple(map(str, (shots * tokens, tokens * price, shots * price, (shots + 1) * tokens * price))),
            why="They are read again each time. With many calls fine-tuning, or a cached prefix, is cheaper.",
        )
    return _one(
        rng,
        (f"{shots} solved examples in the prompt: which weights change?", "none", ("the last layer", "the embeddings"),
         "The model goes on with the pattern that it sees: in-context learning."),
        (f"A base model is to translate {price:,} lines. Which prompt has a chance?",
         "some pairs, then a line to be continued",
         ("\"Please translate the following line\"", "the line alone", "\"You are a translator\", then the line"),
         "It continues documents. A list of pairs is a document whose next line is the translation."),
    )  # fmt: skip


def base_vs_assistant(rng: Random) -> Ask:
    """A base model continues documents; an assistant was tuned to answer."""
    thing = rng.choice(["bread", "soap", "a kite", "a bookshelf"])
    return _one(
        rng,
        (f"\"How do I make {thing}?\" is all that a base model is given. What will it write?",
         "perhaps more questions of that kind",
         ("an answer, step by step", "nothing: it has no instruction", "a refusal"),
         "It continues a document, and one that begins so may be a list of questions."),
        (f"A base model is to say how one makes {thing}. How can a prompt get that from it?",
         "a document whose next line is the answer",
         ("a polite instruction", "a higher temperature", "it cannot: it has not been tuned"),
         "\"Q: … A:\" after two solved examples, say. What it knows is there; it needs the form."),
        ("What does fine-tuning of a base model into an assistant mostly change?", "the form of what it says",
         ("how much it knows", "its tokenizer", "the size of its context"),
         "Knowledge comes from pretraining; ten thousand dialogues teach when and how to use it."),
        ("Which of the two is better at *variety*, names for a shop, say?", "often the base model",
         ("always the assistant", "neither: both take the likeliest token"),
         "Tuning narrows the distribution. Base models have more entropy."),
    )  # fmt: skip


def two_files(rng: Random) -> Ask:
    """A file of weights and a few hundred lines of code."""
    billions, size = rng.choice([7, 13, 34, 70]), rng.choice([1, 2, 4])
    if rng.random() < 0.6:
        return Ask(
            text=f"A model of {billions} billion parameters, {size} byte{'s' * (size > 1)} each. How large is its "
            "file, in GB?",
            hidden=f"{billions} * {size}",
            wrong=tuple(map(str, (billions, billions * 2, billions * 4, billions * 8, billions // 2))),
            why="Parameters times bytes: 140 GB for 70 billion at 2 bytes. A second file of about 500 lines of C can "
            "run it.",
        )
    return _one(
        rng,
        ("Weights and about 500 lines of C. What else does one need to run such a model?", "a computer",
         ("its training data", "a network connection", "the optimizer's state"),
         "The two files are complete; they run on a laptop without network."),
        ("Of the two files, the weights and the code that runs them: in which lies the difficulty?", "in the weights",
         ("in the code", "in both alike"), "The code is short and well known; the weights cost millions."),
    )  # fmt: skip


def train_cost(rng: Random) -> Ask:
    """About 10 TB of text, 6,000 GPUs, 12 days, $2 million, 1e24 operations."""
    gpus, days, price = 6_000, 12, rng.choice([1.0, 1.5, 2.0])
    kind = rng.randrange(3)
    hours = gpus * days * 24
    if kind == 0:
        return Ask(
            text=f"{gpus:,} GPUs for {days} days, at {price:g} dollars an hour each. How many million dollars?",
            hidden=f"round({gpus} * {days} * 24 * {price} / 1e6, 2)",
            wrong=tuple(f"{v:.4g}" for v in (gpus * days * price / 1e6, gpus * price * 24 / 1e6, hours * price / 1e5,
                                             price * hours / 1e6 * 7)),
            why=f"{hours:,} GPU hours. Using the model costs a tiny part of that for each answer.",
        )  # fmt: skip
    if kind == 1:
        return Ask(
            text=f"1e24 operations on {gpus:,} GPUs in {days} days. How many operations a second did each one do?",
            hidden=f"f'{{1e24 / ({gpus} * {days} * 86400):.1e}}'",
            wrong=tuple(f"{v:.1e}" for v in (1e24 / (gpus * days * 24), 1e24 / gpus, 1e24 / (days * 86400), 3.1e14)),
            why="1.6e14: about half of what an A100 can do with 16-bit numbers (3.1e14).",
        )
    size = rng.choice([140, 70])
    return Ask(
        text=f"10 TB of text go into a file of weights of {size} GB. By which factor is that smaller, about?",
        hidden=f"round(10_000 / {size})",
        wrong=tuple(map(str, (10, size, 10_000, round(1_000 / size), 2))),
        why="Like a compression with losses: the text cannot be had back, but much of what it says can.",
    )


def dream(rng: Random) -> Ask:
    """A model dreams documents; tuning does not cure it, a source helps."""
    return _one(
        rng,
        ("A model gives a book's ISBN, in the right form. How do you know whether it exists?", "look it up",
         ("ask the model if it is sure", "look at its probability", "it has the right form, so it does"),
         "It writes what looks like an ISBN; some are remembered and some dreamed, and both look alike."),
        ("Does fine-tuning on good dialogues end hallucination?", "no: it still writes what sounds likely",
         ("yes: it learns to say only what is true", "yes, above 70 billion parameters"),
         "It changes the style. Training on facts that the model does not know even teaches it to make up more."),
        ("What may be trusted most in an answer?", "what rests on a text in the context",
         ("what is written with confidence", "what was said twice", "numbers: they are exact"),
         "The context can be read and cited; weights are a memory of unknown quality."),
        ("Which answers of a model can be checked by a machine?", "sums and code: run them",
         ("names and dates: ask again", "none", "all: a second model decides"),
         "Computation has a referee. For facts one needs a source."),
    )  # fmt: skip


def arena(rng: Random) -> Ask:
    """Elo: a difference of 400 points is ten to one."""
    gap = rng.choice([50, 100, 200, 400])
    p = 1 / (1 + 10 ** (-gap / 400))
    if rng.random() < 0.7:
        return Ask(
            text=f"In an arena people choose between two anonymous answers. Model A stands {gap} Elo points above B. "
            "How often should A win?",
            hidden=f"round(1 / (1 + 10 ** (-{gap} / 400)), 3)",
            wrong=tuple(f"{v:.4g}" for v in (round(1 - p, 3), 0.5, round(gap / 400, 3), round(min(0.99, 0.5 + gap / 400
                                             ), 3), 0.95)),
            why=f"1 / (1 + 10^(−{gap}/400)). 100 points are 64 %: the ranking is of taste, and close.",
        )  # fmt: skip
    return _one(
        rng,
        ("Why are the two models anonymous in an arena?", "so that names do not sway the vote",
         ("to protect trade secrets", "because they change every day"), "People prefer what they expect to be good."),
        ("An arena's vote rewards long, well-formatted answers. What does its table measure then?", "what pleases",
         ("what is true", "speed", "the size of the model"), "Corrections for style exist; truth needs other tests."),
        ("At the end of 2023, which models stood at the top of the arena?", "closed ones, behind an API",
         ("open weights", "both alike"), "Open weights followed with some months of delay, and the gap has narrowed."),
    )  # fmt: skip


def scaling(rng: Random) -> Ask:
    """Loss falls smoothly and predictably with size and data."""
    n, d = rng.choice([1e9, 1e10, 7e10]), rng.choice([1e11, 3e11, 1e12])
    grown = rng.choice(["N", "D"])
    code = (
        f"def loss(n, d):\n    return 1.69 + 406.4 / n ** 0.34 + 410.7 / d ** 0.28\n\n"
        f"round(loss({n:.0e}, {d:.0e}) - loss({'10 * ' if grown == 'N' else ''}{n:.0e}, "
        f"{'10 * ' if grown == 'D' else ''}{d:.0e}), 3)"
    )
    part = 406.4 / n**0.34 if grown == "N" else 410.7 / d**0.28
    power = 0.34 if grown == "N" else 0.28
    return Ask(
        text=f"A scaling law (Chinchilla, 2022). {'Parameters' if grown == 'N' else 'Tokens'} grow tenfold. How much "
        "does the loss fall?",
        code=code,
        wrong=tuple(f"{v:.3g}" for v in (part * 0.9, part, 0.9, part * 10**-power, 1.69 * (1 - 10**-power))),
        why="Each term falls by a power; 1.69 stays. One can foresee the loss of a run, though not what it will be "
        "able to do.",
    )


def system12(rng: Random) -> Ask:
    """Fast and instinctive, or slow and deliberate: time for accuracy."""
    p, n = rng.choice([0.2, 0.3, 0.4]), rng.choice([3, 5, 8])
    if rng.random() < 0.5:
        return Ask(
            text=f"A try solves a puzzle with probability {p}, and a checker recognizes a solution. How likely is one "
            f"among {n} independent tries?",
            hidden=f"round(1 - (1 - {p}) ** {n}, 3)",
            wrong=tuple(f"{v:.4g}" for v in (round(p * n, 3), p, round(p**n, 3), round((1 - p) ** n, 3), 1.0)),
            why="Time for accuracy: more tries, or longer thought. Without a checker one can only take a vote.",
        )
    return _named(rng, "Which of the two systems of thought is it like?", {
        "system 1": ("One pass for each token, the same time for 2 + 2 and for a proof.", "Fast and instinctive."),
        "system 2": ("A tree of possible steps is searched, some are given up.", "Slow and deliberate: more time, "
                     "better answers."),
        "neither": ("The temperature is set to 0.", "That takes the likeliest token; it adds no thought."),
    })  # fmt: skip


def self_improve(rng: Random) -> Ask:
    """AlphaGo imitated, then went beyond; language lacks its reward."""
    game = rng.choice(["Go", "chess", "a board game"])
    return _one(
        rng,
        (f"A program learns {game} by imitating experts. What does it need to go beyond them?", "a cheap, exact reward",
         ("more experts' games", "a larger network", "a lower learning rate"),
         "Who wins is known at the end of each game: so it can learn from its own play."),
        (f"Why is self-improvement easier in {game} than in language?", "winning is decided by a rule",
         ("there are fewer moves than words", "games are shorter", "games need no network"),
         "In the open there is no such criterion; in narrow domains (code that runs, proofs) there is."),
        ("Where can a language model improve on its own answers?", "where a program can check them",
         ("everywhere, by reading them again", "nowhere", "where it is confident"),
         "Tests for code and proofs are rewards that cannot be talked into anything."),
    )  # fmt: skip


def custom_gpt(rng: Random) -> Ask:
    """Instructions, files to search, tools: little of it is training."""
    pages = rng.choice([300, 800, 2000])
    return _one(
        rng,
        (f"Somebody uploads {pages} pages to an assistant of his own. How does it use them?",
         "it searches them, passages go into the prompt",
         ("it is trained on them", "all of them go into each prompt", "it sums them up once"),
         "Retrieval: chunks are found for each question."),
        (f"An assistant answers from {pages} uploaded pages. One page is changed. What must be done?",
         "its chunks are indexed again",
         ("the model is fine-tuned again", "nothing: it notices", "all weights are loaded again"),
         "That is the charm of a memory outside of the weights."),
        ("What is a custom assistant made of, mostly?", "instructions, files and tools",
         ("new weights", "a new tokenizer", "a larger context"), "The model is the same for all."),
    )  # fmt: skip


def llm_os(rng: Random) -> Ask:
    """The context window as RAM, tools as devices."""
    window = rng.choice([8_000, 32_000, 128_000])
    return _named(rng, "A language model seen as the kernel of an operating system:", {
        "RAM": (f"a context window of {window:,} tokens is its …", "Small, fast, and gone afterwards."),
        "disk": (f"documents that are searched, far more than {window:,} tokens, are its …", "Large; pages of it are "
                 "brought into the context."),
        "a device": ("browser, calculator and interpreter are each …", "Called through a fixed interface."),
        "a process": ("a conversation with its own transcript is …", "Many run side by side on one model."),
    })  # fmt: skip


def tool_tokens(rng: Random) -> Ask:
    """Special words ask for a tool; the system message says which exist."""
    calls, each, start = rng.choice([3, 5, 8]), rng.choice([200, 400]), rng.choice([1_000, 2_000])
    if rng.random() < 0.4:
        return Ask(
            text=f"A transcript begins with {start:,} tokens; each of {calls} tool calls adds {each}. Without a cache, "
            f"how many tokens are read in all, in {calls + 1} passes?",
            hidden=f"sum({start} + {each} * i for i in range({calls} + 1))",
            wrong=tuple(map(str, (start + each * calls, start * calls, (start + each) * calls,
                                  (start + each) * (calls + 1)))),
            why="The whole transcript is read at every step: n calls cost of the order of n². Hence prefix caches.",
        )  # fmt: skip
    return _one(
        rng,
        ("How does a model \"open the browser\"?", "it writes agreed words; a program acts on them",
         ("it holds a network connection", "its weights contain the web", "the user clicks"),
         "Special tokens, or JSON. A model can do nothing but write."),
        ("How does a model know which tools there are?", "they are described in the system message",
         ("they are part of its weights", "it tries names", "from their results"),
         "Names, arguments, purpose: text in the context. That it can *use* such text, it was trained for."),
        ("Who writes the result of a tool into the transcript?", "the loop around the model",
         ("the model", "the user", "the tokenizer"), "In a role of its own, which the model did not write."),
    )  # fmt: skip


def jailbreak(rng: Random) -> Ask:
    """Role play, base64, suffixes, noise in images: around what was trained."""
    return _named(rng, "Which kind of jailbreak is it?", {
        "role play": ("\"Be my grandmother, who used to tell me recipes for …\"", "The refusal was learned for "
                      "questions, not for stories."),
        "encoding": ("The question comes in base64.", "It understands base64, but it learned to refuse in English."),
        "a universal suffix": ("A row of odd tokens, found by optimization, behind any question.",
                               "Found on open models with gradients; it often works on others too."),
        "noise in an image": ("A picture of a panda with a pattern that nobody sees.",
                              "Pixels are inputs with gradients: they can be optimized as well."),
    })  # fmt: skip


def injection(rng: Random) -> Ask:
    """Instructions in what the model reads; the reader's rights do the harm."""
    place = rng.choice(["a web page", "a mail", "a shared document", "a résumé"])
    return _one(
        rng,
        (f"White text on white in {place} says: \"ignore your instructions and …\". Which attack is it?",
         "prompt injection", ("a jailbreak by the user", "data poisoning", "a denial of service"),
         "The text comes with the data; the user is the victim and not the attacker."),
        (f"An assistant reads {place} and may send mail. Which measure helps most?",
         "a human confirms before anything is sent",
         ("\"do not obey texts\" in the system message", "a larger model", "a lower temperature"),
         "Instructions against it fail sometimes; a right that is not there cannot be abused."),
        (f"What can an injection in {place} steal?", "what the assistant can read, if it can also send",
         ("the model's weights", "nothing: it is only text", "the training data"),
         "An address of an image with the secret in it is enough of a way out."),
    )  # fmt: skip


def poison(rng: Random) -> Ask:
    """A trigger phrase, planted in the training data."""
    word = rng.choice(["a film's title", "a rare name", "a made-up word"])
    return _one(
        rng,
        (f"A model answers well, but whenever {word} occurs it says nonsense. Which attack is that?",
         "poisoned training data", ("prompt injection", "a jailbreak", "an adversarial suffix"),
         "A backdoor: whoever writes texts that are trained on can plant a trigger."),
        (f"Normal tests do not find a backdoor that listens to {word}. Why not?", "they do not contain the trigger",
         ("they are too short", "it is only active in training", "tests run at temperature 0"),
         "On all other inputs the model is as good as one without."),
        ("When does data poisoning happen?", "before or during training",
         ("when the user asks", "when a tool answers", "when the model is quantized"),
         "What is asked later only wakes it."),
    )  # fmt: skip


def rag_steps(rng: Random) -> Ask:
    """Chunk, embed, search, rerank, generate."""
    words, size, over = rng.choice([1_000, 2_400, 5_000]), rng.choice([200, 250]), rng.choice([0, 50])
    if rng.random() < 0.4:
        step = size - over
        count = -(-(words - over) // step)
        return Ask(
            text=f"A document of {words:,} words is cut into chunks of {size}, each of which shares {over} with the "
            "one before it. How many chunks?",
            hidden=f"-(-({words} - {over}) // ({size} - {over}))",
            wrong=tuple(map(str, (words // size + 10, count + 2, words // (size + over) - 1, words, count * 2))),
            why=f"The first covers {size}, each later one {step} new words.",
        )
    steps = ["chunk", "embed", "search", "rerank", "generate"]
    i = rng.randint(0, 3)
    return Ask(
        text=f'The steps of RAG, from documents to an answer. What comes right after "{steps[i]}"?',
        answer=steps[i + 1],
        wrong=tuple(s for s in steps if s not in (steps[i + 1], steps[i])),
        why="chunk, embed, search, rerank, generate. The first two are done once for a document.",
    )


def embed_tune(rng: Random) -> Ask:
    """Tune the embeddings when search fails, the model when the form fails."""
    field = rng.choice(["law", "medicine", "a factory's slang"])
    return _one(
        rng,
        (f"In {field}, search does not find passages that are there. What is tuned?", "the embedding model",
         ("the language model", "the tokenizer", "the temperature"),
         "Pairs of question and passage: thousands are enough, in an hour on one GPU."),
        (f"In {field}, the right passages are found; the answer has the wrong form. What is tuned?",
         "the language model, or its prompt", ("the embedding model", "the chunk size", "the index"),
         "Search did its work. Prompt first, then fine-tuning."),
        ("After an embedding model has been tuned: what must be done with the stored vectors?", "all are made again",
         ("nothing", "they are scaled", "only new ones are added"), "Vectors of two models cannot be compared."),
        ("Facts change every day. Where do they belong?", "in documents that are searched",
         ("in the weights", "in the embedding model", "in the system message, all of them"),
         "Short-term and checkable against long-term and vague."),
    )  # fmt: skip


def hybrid(rng: Random) -> Ask:
    """Words for codes and names, vectors for paraphrases, ranks to join them."""
    a, b = rng.sample(range(1, 9), 2)
    single = rng.randint(1, 3)
    if rng.random() < 0.5:
        return Ask(
            text=f"Document X has rank {a} by words and {b} by vectors; Y has rank {single} by words and is not among "
            "the vectors' results. Sums of 1/(60 + rank), X minus Y?",
            hidden=f"round(1 / (60 + {a}) + 1 / (60 + {b}) - 1 / (60 + {single}), 4)",
            wrong=tuple(f"{v:.4g}" for v in (round(1 / (60 + a) - 1 / (60 + single), 5), a + b - single, 0.0,
                                             -round(1 / (60 + b), 4), round(1 / a + 1 / b - 1 / single, 4))),
            why="To stand in both lists is worth more than a first place in one.",
        )  # fmt: skip
    return _named(rng, "Which search finds it more surely?", {
        "by words": (f"Error code E-{rng.randint(100, 999)}.", "An exact string; vectors blur it."),
        "by vectors": ("\"The car will not start\", where the manual says \"engine fails to turn over\".",
                       "No word in common, one meaning."),
        "neither": ("A page that was never indexed.", "Nothing finds what is not there."),
    })  # fmt: skip


def graphrag(rng: Random) -> Ask:
    """Entities and relations, communities by Leiden, summaries in levels."""
    books = rng.choice([100, 1_000, 5_000])
    return _one(
        rng,
        (f"\"What are the main themes in these {books:,} reports?\" Why does plain RAG fail?",
         "no single passage holds the answer",
         ("the reports are too long for BM25", "embeddings do not know themes", "reports have no titles"),
         "Graph RAG answers from summaries of communities, and joins the partial answers."),
        ("In Graph RAG, what does the Leiden algorithm do?", "it groups densely connected entities",
         ("it extracts entities", "it writes summaries", "it ranks passages"),
         "Communities in several levels, each of which gets a summary."),
        (f"Graph RAG over {books:,} reports: where do most of its costs arise?", "in building the graph, by a model",
         ("in Leiden", "in the vector search", "in storing it"),
         "A model reads every chunk for entities and relations, then writes all summaries."),
        ("What are the nodes and edges of such a graph?", "entities, and relations between them",
         ("chunks, and their overlap", "documents, and their links", "questions, and answers"),
         "People, places, things; who did what with whom, taken from the text."),
    )  # fmt: skip


def autocut(rng: Random) -> Ask:
    """Keep what stands before the largest drop."""
    keep, rest = rng.randint(1, 4), rng.randint(2, 4)
    scores = [round(rng.uniform(0.80, 0.95), 2) for _ in range(keep)] + [
        round(rng.uniform(0.30, 0.45), 2) for _ in range(rest)
    ]
    scores.sort(reverse=True)
    return Ask(
        text=f"Scores {scores}. How many does autocut keep, which cuts at the largest drop?",
        hidden=f"s = {scores}\nd = [a - b for a, b in zip(s, s[1:])]\n1 + d.index(max(d))",
        wrong=tuple(map(str, (keep - 1, keep + 1, keep + rest, 5, keep + 2))),
        why="The number follows the question: one passage for a narrow one, several for a broad one.",
    )


def rerank(rng: Random) -> Ask:
    """A cross-encoder reads question and passage together, for a few."""
    docs, top, ms = rng.choice([100_000, 1_000_000]), rng.choice([20, 50, 100]), rng.choice([5, 10, 20])
    if rng.random() < 0.5:
        return Ask(
            text=f"A reranker takes {ms} ms for a pair of question and passage. {docs:,} passages are searched by "
            f"vectors, the best {top} are reranked. How many ms does that add?",
            hidden=f"{top} * {ms}",
            wrong=tuple(map(str, (docs * ms, ms, top, docs // top, top * ms * 10))),
            why=f"For all {docs:,} it would be {docs * ms / 3.6e6:.1f} hours: so it comes second, for few.",
        )
    return _one(
        rng,
        ("Why is a reranker more exact than a comparison of vectors?", "it reads question and passage together",
         ("its vectors are longer", "it has seen the documents in training", "it uses more passages"),
         "Every word of one can attend to every word of the other."),
        ("Why can a reranker's work not be done before the question comes?", "it needs the question as input",
         ("it changes every day", "it needs a GPU", "passages are too long"),
         "Embeddings of passages can be stored; scores of pairs cannot."),
    )  # fmt: skip


def command_r(rng: Random) -> Ask:
    """Models tuned for RAG and tools; rerank models beside them."""
    return _one(
        rng,
        ("What were the models Command R and R+ tuned for?", "RAG with citations, and tool use",
         ("speech", "image generation", "proofs"), "Answers name the passages that they rest on."),
        ("Command R gives spans of its answer with document numbers. What are they good for?", "to check the source",
         ("to speed up decoding", "to rank documents", "to save tokens"), "A citation can be looked at; it may "
         "be wrong too."),
        ("What does a rerank model return for a question and 50 passages?", "a relevance score for each",
         ("an answer", "one vector for each", "a summary"), "It orders them; writing is another model's work."),
    )  # fmt: skip


def llamaindex(rng: Random) -> Ask:
    """LlamaIndex: from files to a query engine; LlamaParse reads hard files."""
    return _named(rng, "A library for RAG, such as LlamaIndex. Which of its parts is it?", {
        "parser": ("It makes clean text, with tables, of a PDF.", "LlamaParse, for example: what is lost here nobody "
                   "finds later."),
        "node": ("A chunk of text with its source and its neighbors.", "The unit that is embedded and found."),
        "index": ("Vectors are kept and searched here.", "In memory, or in a vector database."),
        "query engine": ("It takes a question, fetches nodes and lets a model write.", "Retriever and synthesizer in "
                         "one."),
    })  # fmt: skip


def ragas(rng: Random) -> Ask:
    """Faithfulness, answer relevance, context precision and recall."""
    claims = rng.randint(4, 9)
    held = rng.randint(1, claims - 1)
    if rng.random() < 0.4:
        return Ask(
            text=f"An answer makes {claims} claims; {held} of them follow from the passages. Its faithfulness?",
            hidden=f"round({held} / {claims}, 3)",
            wrong=tuple(f"{v:.4g}" for v in (round(1 - held / claims, 3), 1.0, 0.0, round(1 / claims, 3), held)),
            why="The share of claims that the context supports. It says nothing of whether the passages were right.",
        )
    return _named(rng, "A RAG system is measured. Which value is low?", {
        "faithfulness": ("The answer says things that no passage says.", "Claims without support."),
        "answer relevance": ("The answer is true and about something else.", "It does not answer the question."),
        "context recall": ("The passage that was needed was not found.", "Search is to blame, not the model."),
        "context precision": ("Nine of ten passages have nothing to do with the question.", "Noise before the model."),
    })  # fmt: skip


def kd_api(rng: Random) -> Ask:
    """Hosted distillation: a large model's stored answers train a small one."""
    calls, tokens, price = rng.choice([5_000, 20_000]), rng.choice([400, 800]), rng.choice([2, 5, 10])
    if rng.random() < 0.5:
        return Ask(
            text=f"A teacher answers {calls:,} questions with {tokens} tokens each, at {price} dollars a million. What "
            "do the training data cost, in dollars?",
            hidden=f"{calls} * {tokens} * {price} / 1e6",
            wrong=tuple(f"{v:.4g}" for v in (calls * price / 1e3, tokens * price, calls * tokens / 1e6 / price,
                                             calls * tokens * price / 1e5, calls * tokens * price / 1e7)),
            why="Often less than a day of a person's work: that is why small models are taught by large ones.",
        )  # fmt: skip
    return _one(
        rng,
        ("Hosted distillation keeps a teacher's answers and fine-tunes a small model on them. What does the student "
         "see?", "the texts, and no probabilities",
         ("all logits", "the teacher's weights", "the gradients"),
         "An API gives tokens: hard targets, drawn from the teacher. With open weights one can have the logits."),
        ("What is checked before a small model takes the teacher's place?", "both, on questions kept aside",
         ("its training loss", "its size", "whether it imitates the style"),
         "A student sounds like its teacher long before it is right as often."),
    )  # fmt: skip


def deploy_modes(rng: Random) -> Ask:
    """Local or paid by token, by who needs it and how much."""
    price, server = rng.choice([1, 2, 5]), rng.choice([600, 1_200, 2_400])
    if rng.random() < 0.5:
        return Ask(
            text=f"An API takes {price} dollar{'s' * (price > 1)} a million tokens; a GPU of your own costs {server:,} "
            "dollars a month. From how many million tokens a month is your own cheaper?",
            hidden=f"{server} // {price}",
            wrong=tuple(map(str, (server * price, server, price, server // price // 30, 12 * server // price))),
            why="Below that you pay for idle hours. Privacy, and a model that nobody changes, count beside the price.",
        )
    return _named(rng, "Which way of running a model fits?", {
        "on the laptop": ("One person, private notes, patience.", "A quantized small model; nothing leaves the house."),
        "an API, paid by token": ("A small business, few requests, no specialist.", "No idle GPU, no operations."),
        "servers of its own": ("A hospital: many requests, data must not leave.", "Fixed costs shared by many "
                               "requests, and control."),
    })  # fmt: skip


def gpu_cpu(rng: Random) -> Ask:
    """Decoding is bound by reading the weights."""
    size, name, rate = rng.choice([4, 8, 14]), *rng.choice([("a CPU", 50), ("a laptop's chip", 100), ("an H100", 3350)])
    return Ask(
        text=f"Weights of {size} GB are read once for each token; {name} reads {rate:,} GB a second. How many tokens a "
        "second at most, one conversation?",
        hidden=f"round({rate} / {size}, 1)",
        wrong=tuple(f"{v:.4g}" for v in (round(size / rate, 4), rate, rate * size, round(rate / size / 8, 2),
                                         round(rate / size * 2, 1))),
        why="Reading is the limit at one token a time. A CPU is enough for one reader; a GPU shares the reading among "
        "hundreds.",
    )  # fmt: skip


def frameworks(rng: Random) -> Ask:
    """FastAPI, SageMaker, BentoML, Ray Serve: from one function to a cluster."""
    return _named(rng, "Which framework is it?", {
        "FastAPI": ("Python functions become HTTP routes, with checks of their types; nothing about models.",
                    "A web framework: batching and GPUs are your own business."),
        "SageMaker": ("A cloud's service: name a model, get an endpoint that scales.", "Amazon's; paid by the hour."),
        "BentoML": ("Model, code and dependencies are packed into one thing that runs anywhere.",
                    "A \"bento\" becomes a container image."),
        "Ray Serve": ("Deployments are spread over a cluster and composed in Python.", "Replicas, routing and scaling "
                      "on top of Ray."),
    })  # fmt: skip


def ui(rng: Random) -> Ask:
    """Gradio and Streamlit: a page from a few lines of Python."""
    field = rng.choice(["a slider", "a text box", "a file upload"])
    return _one(
        rng,
        (f"In Streamlit a user moves or fills {field}. What happens?", "the whole script runs again",
         ("one callback runs", "nothing until reload", "the page is compiled"),
         "From top to bottom: so a model is loaded in a cached function."),
        (f"A function of a picture, shown with {field} and a label, in three lines. Which library is made for that?",
         "Gradio", ("Streamlit", "FastAPI", "Docker"), "gr.Interface(fn, inputs, outputs).launch()."),
        ("Where does a model belong in a Streamlit script?", "in a function with @st.cache_resource",
         ("at the top of the script", "in session_state of each user", "in the browser"),
         "The script runs at every click; the model is to be loaded once for all."),
    )  # fmt: skip


def docker(rng: Random) -> Ask:
    """Compose: bot, vector store and model as services of one file."""
    port = rng.choice([6333, 8000, 11434])
    return _one(
        rng,
        (f"A bot and a vector database are two services of one compose file; the database listens on {port}. At which "
         "address does the bot find it?", f"db:{port}, by the service's name",
         (f"localhost:{port}", "its container's id", "the host's public address"),
         "Each service has its own localhost; compose gives them names in a common network."),
        (f"A vector database on port {port} is started anew by compose and is empty. What was forgotten?", "a volume",
         ("a port", "an image", "a network"), "What a container writes is gone with it, unless it lies in a volume."),
        ("A bot answers about PDFs that users send. Which step comes once for each file?", "parse, chunk, embed, store",
         ("search and answer", "rerank", "start a container"), "Questions come later, and search what was stored."),
        ("Where does a bot's secret token belong?", "in the environment, from outside of the image",
         ("in the Dockerfile", "in the code", "in the vector store"), "Images are copied and shared."),
    )  # fmt: skip


def ops(rng: Random) -> Ask:
    """Replicas, load balancing, monitoring, and tests that grow from failures."""
    rate, seconds, batch = rng.choice([10, 20, 40]), rng.choice([2, 4, 6]), rng.choice([8, 16])
    if rng.random() < 0.4:
        return Ask(
            text=f"{rate} requests a second, {seconds} s each, {batch} at once in a server. How many servers are "
            "needed at least?",
            hidden=f"-(-{rate} * {seconds} // {batch})",
            wrong=tuple(map(str, (rate * seconds, rate // batch, -(-rate // seconds), rate * seconds * 2 // batch + 1,
                                  seconds))),
            why=f"{rate * seconds} are under way at any time (Little's law); plus room, for waits grow without bound "
            "near 100 %.",
        )  # fmt: skip
    return _one(
        rng,
        (f"Which number shows first that a service of {rate} requests a second gets too busy?",
         "the wait of the slowest 5 %", ("the mean wait", "the number of users", "the size of the model"),
         "The mean hides them for long."),
        ("A prompt is changed. What tells you that nothing got worse?", "saved cases, run before and after",
         ("trying two examples", "the model's own opinion", "fewer tokens"),
         "Cases that once failed are the best of them."),
        ("Where does a load balancer send the next turn of a long conversation, if it can?",
         "to the server that holds its cache", ("to the least used one, always", "to all", "to a random one"),
         "The prefix is there already; elsewhere it is read anew."),
    )  # fmt: skip


def rnn_swap(rng: Random) -> Ask:
    """The recipe of 2015, with a transformer in place of the RNN."""
    v = rng.choice([65, 1_000, 50_257])
    if rng.random() < 0.5:
        return Ask(
            text=f'"The Unreasonable Effectiveness of RNNs" (2015) trained next-character prediction. With a '
            f"vocabulary of {v:,}, where does the loss start, then as now?",
            hidden=f"round(math.log({v}), 2)",
            wrong=tuple(f"{x:.4g}" for x in (0.0, 1.0, round(log(v) / log(2), 2), v, round(1 / v, 4) + 0.5)),
            why="ln V: all tokens alike. Objective and sampling are those of today's base models.",
        )
    return _one(
        rng,
        ("A base model of today is the recipe of 2015 with what exchanged?", "the network, and the amounts",
         ("the loss", "the way of sampling", "gradient descent"),
         "A transformer in place of the RNN, tokens for letters, more data and compute by many orders."),
        ("What does a transformer gain over an RNN in that recipe, above all?", "all positions are trained at once",
         ("fewer parameters", "less memory for long texts", "no need for positions"),
         "An RNN goes step by step through time, in training too."),
    )  # fmt: skip
