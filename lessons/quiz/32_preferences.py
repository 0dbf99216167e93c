"""Quiz deck of lesson 32: stages and their data, scores of pairs, rewards, leashes, and what goes wrong."""

from random import Random

from lessons import Ask


def stages(rng: Random) -> Ask:
    """Pretraining, SFT, reward model, RL: each begins where the last one ended."""
    order = ["pretraining", "supervised finetuning", "reward modeling", "reinforcement learning"]
    data = {
        "pretraining": "trillions of tokens of raw text",
        "supervised finetuning": "questions with answers written by people",
        "reward modeling": "pairs of answers and a person's choice",
        "reinforcement learning": "questions alone; the model writes, a score judges",
    }
    name = rng.choice(order)
    others = tuple(n for n in order if n != name)
    if rng.random() < 0.5:
        return Ask(
            text=f"Which stage uses {data[name]}?",
            answer=name,
            wrong=others,
            why="Text, written answers, comparisons, questions: each stage needs another kind of data, and less of it.",
        )
    place = order.index(name)
    if place in (0, 3):
        return Ask(
            text=f"Which stage comes {'first' if place == 0 else 'last'} in the recipe of 2022 (InstructGPT)?",
            answer=name,
            wrong=others,
            why=" → ".join(order) + ".",
        )
    return Ask(
        text=f"Which stage comes right behind {order[place - 1]} in the recipe of 2022 (InstructGPT)?",
        answer=name,
        wrong=others,
        why=" → ".join(order) + ".",
    )


def rm_data(rng: Random) -> Ask:
    """100 thousand to a million comparisons; k ranked answers: k(k − 1)/2."""
    k, prompts = rng.choice([4, 5, 7, 9]), rng.choice([5, 20, 33])
    kind = rng.randrange(3)
    if kind == 0:
        return Ask(
            text=f"People put {k} answers to each of {prompts},000 prompts in order. How many pairs does that give?",
            hidden=f"{k} * ({k} - 1) // 2 * {prompts * 1000}",
            wrong=tuple(str(n * prompts * 1000) for n in (k, k - 1, k * (k - 1), k * k, 1)),
            why=f"{k} · {k - 1} / 2 = {k * (k - 1) // 2} pairs a prompt.",
        )
    if kind == 1:
        win, lose = rng.choice([(2.0, 1.0), (0.5, 0.5), (1.0, 3.0), (4.0, 1.0)])
        return Ask(
            text=f"A reward model gives the preferred answer {win:g} and the other {lose:g}. What does the pair "
            "cost, in nats?",
            hidden=f"-math.log(1 / (1 + math.exp({lose} - {win})))",
            wrong=(
                "0",
                "0.5",
                f"{abs(win - lose):.4g}",
                f"{1 / (1 + 2.718281828 ** (win - lose)):.4g}",
                "2.303",
                "1.386",
            ),
            why=f"−log σ({win:g} − {lose:g}): only the difference counts.",
        )
    return Ask(
        text=rng.choice(
            [
                "How many comparisons were usual for a reward model (2023)?",
                "Which amount of comparisons did a reward model take in 2023?",
            ]
        ),
        answer="100 thousand to a million",
        wrong=("a hundred to a thousand", "10 to 100 million", "a trillion"),
        why="Comparing is quick, and a reward model needs many: more than there were written answers.",
    )


def rl_prompts(rng: Random) -> Ask:
    """10 to 100 thousand prompts; the answers are drawn by the policy itself."""
    prompts, group, tokens = rng.choice([256, 512, 1024]), rng.choice([4, 8, 16]), rng.choice([200, 400, 1000])
    question, code, answer, wrong, why = rng.choice(
        [
            (f"A step of RL takes {prompts} prompts and draws {group} answers of {tokens} tokens to each. How many "
             "tokens are drawn?", f"{prompts} * {group} * {tokens}", None,
             (prompts * tokens, prompts * group, group * tokens, prompts * group * tokens // 2),
             "Each of them is a forward pass: drawing takes most of the time of such a step."),
            (f"Who writes the answers that RL learns from, {group} for each of {prompts} prompts?", "",
             "the policy itself", ("people", "the reward model", "the reference model"),
             "It is rewarded for its own texts; so it can find what nobody has shown it."),
            (f"How many different prompts were usual for the RL stage (2023)? A step took {prompts} of them.", "",
             "10 to 100 thousand", ("a dozen", "10 to 100 million", "a trillion"),
             "Only questions: no written answers are needed."),
        ]
    )  # fmt: skip
    return Ask(text=question, hidden=code, answer=answer, wrong=tuple(map(str, wrong)), why=why)


def why_rlhf(rng: Random) -> Ask:
    """Judging is easier than writing."""
    n = rng.choice([4, 8, 16])
    question, answer, wrong, why = rng.choice(
        [
            (f"A person is asked for a poem, or which of {n} poems is best. Why is the second question more useful for "
             "training?", "most people judge better than they write",
             ("reading is faster than a forward pass", "poems are long", "it needs no model"),
             "Written answers cap the model at its writers; choices do not."),
            (f"A model draws {n} answers, a judge always picks the best. Which method is that, before any training?",
             f"best of {n}", ("supervised finetuning", "beam search", "temperature 0"),
             "It lifts the quality at work, at the price of more draws; RL puts the lift into the weights."),
            (f"SFT with {n},000 written answers punishes any text but the written one. What does a reward do?",
             "it values every text that is drawn", ("it punishes all drawn texts alike", "it compares with the written "
              "answer", "it values single tokens alone"),
             "Many answers are good; a score can say so of each."),
        ]
    )  # fmt: skip
    return Ask(text=question, answer=answer, wrong=wrong, why=why)


def rlhf_vs_sft(rng: Random) -> Ask:
    """In the arena of May 2023 the three best had been through RLHF."""
    a, b = rng.choice([(1274, 1224), (1224, 1155), (1155, 1083)])
    if rng.random() < 0.5:
        return Ask(
            text=f"Two assistants of a leaderboard have Elo ratings {a} and {b}. In which share of their duels is the "
            "first preferred, by its formula 1 / (1 + 10^(−difference / 400))?",
            hidden=f"round(1 / (1 + 10 ** (-({a} - {b}) / 400)), 2)",
            wrong=tuple(f"{v:.4g}" for v in (0.5, 0.95, round(a / (a + b), 2), round((a - b) / 400, 2), 0.75)),
            why="Elo is Bradley and Terry's model in other units: only differences count.",
        )
    place = rng.choice(["the three best", "places four to nine"])
    return Ask(
        text=f"The arena of May 2023 ranked assistants by people's choices between two answers. How had {place} been "
        "trained?",
        answer="with RL from human feedback" if place == "the three best" else "by supervised finetuning alone",
        wrong=("with RL from human feedback", "by supervised finetuning alone", "not beyond pretraining",
               "by prompting alone"),
        why="GPT-4, Claude and GPT-3.5 had been through RLHF; those behind them were SFT models.",
    )  # fmt: skip


def entropy_loss(rng: Random) -> Ask:
    """RL makes a model less diverse: its entropy falls."""
    shares = rng.choice([[0.5, 0.25, 0.25], [0.25, 0.25, 0.25, 0.25], [0.7, 0.1, 0.1, 0.1]])
    after = [0.97] + [0.03 / (len(shares) - 1)] * (len(shares) - 1)
    if rng.random() < 0.5:
        when, p = rng.choice([("Before RL", shares), ("After RL", [round(x, 4) for x in after])])
        return Ask(
            text=f"{when} a model spreads its next token as {p}. What is the entropy, in nats?",
            hidden=f"round(-sum(p * math.log(p) for p in {p}), 2)",
            wrong=("0", "1", f"{len(shares)}", "2.5", "0.5"),
            why="−Σ p log p. It falls as the policy leaves what is not rewarded.",
        )
    n = rng.choice([20, 50, 100])
    task, answer = rng.choice(
        [(f"{n} different names for a product", "the base model"), (f"one reliable answer to each of {n} questions",
            "the model "
          "after RLHF")]
    )  # fmt: skip
    return Ask(
        text=f"You want {task}. Which model would you ask first?",
        answer=answer,
        wrong=("the base model", "the model after RLHF", "the reward model"),
        why="RLHF trades variety for reliability: base models have more entropy.",
    )


def dpo_vs_ppo(rng: Random) -> Ask:
    """DPO: given pairs, two models. PPO: draws, rewards, a value function."""
    b = rng.choice([1, 7, 13])
    names = ("DPO", "PPO", "both", "neither")
    question, answer, why = rng.choice(
        [
            ("draws new texts from the policy in every step", "PPO", "DPO reads pairs that were collected before."),
            ("needs the frozen reference model's log-probabilities", "both",
             "DPO inside of its ratio, PPO for the KL penalty."),
            ("trains a separate reward model first", "PPO", "In DPO the policy itself is the reward model."),
            ("trains a value function beside the policy", "PPO", "For the advantages; GRPO does without."),
            ("has a supervised loss over pairs, as a classifier has", "DPO", "−log σ of a difference: nothing is "
             "drawn."),
            ("needs a gradient through the reward model", "neither", "PPO needs numbers from it, DPO has none."),
        ]
    )  # fmt: skip
    return Ask(
        text=f"A policy of {b} billion weights. Which method {question}?",
        answer=answer,
        wrong=names,
        why=why,
    )


def kl_role(rng: Random) -> Ask:
    """The leash: the best policy is reference · exp(reward / β), normalized."""
    p = rng.choice([[0.5, 0.5], [0.25, 0.75], [0.2, 0.8]])
    r = rng.choice([[1.0, 0.0], [0.0, 1.0], [2.0, 0.0]])
    beta = rng.choice([0.5, 1.0, 2.0])
    kind = rng.randrange(3)
    if kind == 0:
        return Ask(
            text=f"Two answers: the reference gives them {p}, their rewards are {r}, and β = {beta:g}. How likely "
            "does the best "
            "policy make the first?",
            hidden=f"w = [p * math.exp(r / {beta}) for p, r in zip({p}, {r})]\nround(w[0] / sum(w), 2)",
            wrong=tuple(f"{v:.4g}" for v in (p[0], p[1], 1.0, 0.0, 0.5, 0.33, 0.9)),
            why="ref · exp(reward / β), normalized: between the reference and the largest reward.",
        )
    if kind == 1:
        q = rng.choice([[0.9, 0.1], [0.6, 0.4], [0.99, 0.01]])
        return Ask(
            text=f"The policy gives two tokens {q}, the reference {p}. What is KL(policy ‖ reference), in nats?",
            hidden=f"round(sum(q * math.log(q / p) for q, p in zip({q}, {p})), 3)",
            wrong=("0", "1", f"{abs(q[0] - p[0]):.4g}", "0.693", "2.303", "0.05"),
            why="Σ policy · log(policy / reference): a token counts by how often the policy takes it.",
        )
    what, answer = rng.choice(
        [("goes to 0", "it goes where the reward is largest, whatever the reference"),
         ("becomes very large", "it stays the reference")]
    )  # fmt: skip
    return Ask(
        text=f"The weight β of the KL penalty {what} (rewards between 0 and {rng.randint(1, 9)}). What becomes of "
        "the best "
        "policy?",
        answer=answer,
        wrong=("it goes where the reward is largest, whatever the reference", "it stays the reference",
               "it becomes uniform", "it does not change"),
        why="The best policy is proportional to reference · exp(reward / β).",
    )  # fmt: skip


def reward_hack(rng: Random) -> Ask:
    """A score rises while what it stood for falls: the policy finds its holes."""
    kl = rng.choice([5, 20, 60])
    score, people = rng.choice([(2.1, 45), (3.4, 38), (5.0, 30)])
    question, answer, wrong, why = rng.choice(
        [
            (f"The reward rose to {score} (KL {kl}), while people prefer the new policy in only {people} % of pairs. "
             "What is it?",
             "reward hacking", ("forgetting", "too small a batch", "a KL that is too strong"),
             "The policy has found texts that the reward model overrates."),
            (f"Score {score}, and people's share fell to {people} %. Which step does NOT help?",
             "more steps on the same reward model",
             ("a stronger KL penalty", "new comparisons of the policy's own texts", "several reward models"),
             "Further along the same road the hole only gets deeper."),
            (f"All answers have become {kl} % longer since RL began, and are no better. What is most likely?",
             "people's choices in the data favored length",
             ("the learning rate was too low", "the tokenizer changed", "the reference drifted"),
             "What winners share is rewarded, be it meant or not."),
        ]
    )  # fmt: skip
    return Ask(text=question, answer=answer, wrong=wrong, why=why)


def alphago(rng: Random) -> Ask:
    """First imitate, then play for a reward that cannot be fooled."""
    n = rng.choice([10, 30, 60])
    question, answer, wrong, why = rng.choice(
        [
            ("AlphaGo learned from 30 million positions of people's games, then by what?", "games against itself, "
             "rewarded "
             "by victory", ("more games of people", "comments of experts", "a larger board"),
             "Imitation ends at the imitated; a reward does not."),
            ("Why is self-play harder for language than for Go?", "no cheap reward that cannot be fooled",
             ("texts are longer than games", "there are too few players", "tokens are not moves"),
             f"Who has won is computed at once, {n} thousand times an hour; whether a text is good is not."),
            ("For which tasks can a language model be rewarded without a model of people's taste?",
             "tasks whose result can be checked, such as mathematics and code",
             ("poems", "summaries", "polite talk"),
             f"Run {n} tests, compare the result: a reward that is hard to fool."),
        ]
    )  # fmt: skip
    return Ask(text=f"{question}", answer=answer, wrong=wrong, why=why)


def multi_objective(rng: Random) -> Ask:
    """Several reward heads, mixed by a gate that looks at the prompt."""
    heads = [round(rng.uniform(-1, 2), 1) for _ in range(3)]
    gate = rng.choice([[0.5, 0.3, 0.2], [0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])
    if rng.random() < 0.6:
        return Ask(
            text=f"Heads for help, truth and length give {heads}; the gate's weights for this prompt are {gate}. "
            "What is the "
            "reward?",
            hidden=f"round(sum(g * h for g, h in zip({gate}, {heads})), 2)",
            wrong=tuple(
                f"{v:.4g}" for v in (round(sum(heads), 2), round(sum(heads) / 3, 2), max(heads), min(heads), 0.0)
            ),
            why="A mixture: Σ gate · head. The heads are learned from ratings, the gate from comparisons.",
        )
    n = rng.choice([3, 10, 19])
    question, answer, wrong, why = rng.choice(
        [
            (f"A reward has {n} heads and a gate. What does the gate look at?", "the prompt",
             ("the answer's length", "the heads' values", "the user's name"),
             "What counts depends on what was asked: truth for a fact, safety for a danger."),
            (f"What do {n} heads have that one score has not?", "one can see why an answer is rated so",
             ("fewer weights", "no need for data", "a reward without noise"),
             "Each head stands for something with a name; a length bias can be seen and taken out."),
        ]
    )  # fmt: skip
    return Ask(text=question, answer=answer, wrong=wrong, why=why)


def sft_vs_dpo_log(rng: Random) -> Ask:
    """DPO's loss starts at log 2, with all rewards at 0."""
    n = rng.choice([4, 8, 16])
    loss = rng.choice([1.2, 1.4, 1.7])
    kind = rng.randrange(3)
    if kind == 0:
        beta = rng.choice([0.05, 0.1, 0.5])
        return Ask(
            text=f"The first line of a DPO log, {n} pairs, beta {beta:g}: policy and reference are still the same. "
            "What is "
            f"{(what := rng.choice(['the loss', 'the margin']))}?",
            hidden="math.log(2)" if what == "the loss" else "0.0",
            wrong=("1", f"{beta:g}", f"{loss:g}", "0.5", "0", "0.6931"),
            why="All log-ratios are 0, so the rewards and their margin are 0, and −log σ(0) = log 2.",
        )
    if kind == 1:
        head, answer = rng.choice(
            [("loss, rewards/chosen, rewards/rejected, rewards/accuracies, rewards/margins", "DPO"),
             ("loss, grad_norm, learning_rate, token accuracy", "SFT"),
             ("reward, kl, entropy, clip fraction, value loss", "PPO")]
        )  # fmt: skip
        return Ask(
            text=f"A training log (step {n}0) has the columns: {head}. Which method wrote it?",
            answer=answer,
            wrong=("DPO", "SFT", "PPO", "pretraining of a tokenizer"),
            why="Pairs give chosen and rejected; draws give reward, KL and entropy; plain text gives a loss alone.",
        )
    w, v = rng.choice([(-0.4, -1.9), (0.3, -0.8), (-1.0, -3.5)])
    return Ask(
        text=f"A DPO log: rewards/chosen {w}, rewards/rejected {v}. What is the margin?",
        hidden=f"round({w} - {v}, 2)",
        wrong=tuple(f"{x:.4g}" for x in (w + v, v - w, w, v, (w + v) / 2)),
        why="Chosen minus rejected. A chosen reward below 0 says that even the preferred answer became less likely.",
    )


def grpo(rng: Random) -> Ask:
    """The baseline is the group's mean: answers to one prompt are compared."""
    rewards = [rng.choice([0.0, 1.0]) for _ in range(rng.choice([4, 8]))]
    if len(set(rewards)) == 1 and rng.random() < 0.6:
        rewards[0] = 1.0 - rewards[0]
    i = rng.randrange(len(rewards))
    mean = sum(rewards) / len(rewards)
    return Ask(
        text=f"One prompt, {len(rewards)} answers with the rewards {[int(r) for r in rewards]}. What is the "
        "advantage of answer "
        f"{i + 1}, before a division by the spread?",
        hidden=f"r = {rewards}\nr[{i}] - sum(r) / len(r)",
        wrong=tuple(f"{v:.4g}" for v in (rewards[i], mean, mean - rewards[i], 1 - mean, -1.0, 0.5, 0.0)),
        why=f"Its reward minus the group's mean {mean:g}. If all rewards are alike, the prompt teaches nothing.",
    )


def survey(rng: Random) -> Ask:
    """Seven stages, from preparing data to monitoring."""
    order = ["preparing data", "choosing and loading a model", "setting up hardware and options", "finetuning",
             "evaluation", "deployment", "monitoring"]  # fmt: skip
    i = rng.randrange(1, len(order))
    wrong = rng.sample([name for name in order if name not in (order[i], order[i - 1])], 3)
    return Ask(
        text=f"A survey of finetuning (2024) sorts the work into seven stages. Which one follows {order[i - 1]}?",
        answer=order[i],
        wrong=tuple(wrong),
        why=" → ".join(order) + ".",
    )


def clip_why(rng: Random) -> Ask:
    """The gain stops at 1 ± eps, on the side where the advantage points."""
    eps = rng.choice([0.1, 0.2, 0.3])
    ratio = rng.choice([0.5, 0.6, 1.5, 1.8, 1.0])
    adv = rng.choice([-2.0, -1.0, 1.0, 2.0])
    clipped = min(max(ratio, 1 - eps), 1 + eps)
    if rng.random() < 0.5:
        return Ask(
            text=f"PPO, eps = {eps}: a token's ratio is {ratio}, its advantage {adv:g}. What is its gain?",
            hidden=f"round(min({ratio} * {adv}, {clipped} * {adv}), 3)",
            wrong=tuple(f"{v:.4g}" for v in (ratio * adv, clipped * adv, adv, -ratio * adv, eps * adv, ratio - adv)),
            why=f"The smaller one of {ratio * adv:.4g} and {clipped * adv:.4g}.",
        )
    stopped = (adv > 0 and ratio > 1 + eps) or (adv < 0 and ratio < 1 - eps)
    return Ask(
        text=f"PPO, eps = {eps}: a token's ratio is {ratio}, its advantage {adv:g}. Does the loss still change its "
        "probability?",
        answer="no: it has gone far enough that way" if stopped else
        "yes, it pushes it up" if adv > 0 else "yes, it pushes it down",
        wrong=("no: it has gone far enough that way", "yes, it pushes it up", "yes, it pushes it down"),
        why="The gradient is 0 only where the ratio has left the band in the direction that the advantage wanted.",
    )  # fmt: skip
