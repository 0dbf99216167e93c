"""The placement test as rules: which node is asked next, what passes it, and which lessons need not be done.

Nothing of the state is stored. A test is the list of its steps, played through these rules: so it can be left and
resumed anywhere, and carried to another machine.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal["question", "task", "forget"]


@dataclass(frozen=True)
class Node:
    """One of nine places along the spine of the course."""

    name: str
    title: str
    lessons: tuple[str, ...]
    """Ids of the lessons that need not be done by those who pass here."""
    items: tuple[str, ...]
    """Questions of the lessons' decks that tell who has done this from who has not: ``L03.keepdim_trap``."""
    task: str = ""
    """An exercise to solve as well, by its id."""


NODES = (
    Node("tensors", "Tensors and shapes", ("L01", "L02"), (
        "L01.promote", "L01.int_grad", "L01.numpy_alias", "L01.floor_div", "L02.view_or_copy", "L02.noncontig_view",
        "L02.stride", "L02.index_kinds", "L02.unbind_stack",
    )),
    Node("broadcasting", "Broadcasting", ("L03",), (
        "L03.align_right", "L03.bad_broadcast", "L03.keepdim_trap", "L03.bmm_broadcast", "L03.silent_mse",
        "L03.argmax_dim",
    ), task="row_normalise"),
    Node("autograd", "Autograd", ("L04",), (
        "L04.leaf", "L04.accumulate", "L04.square", "L04.nonscalar", "L04.second_backward", "L04.why_none",
        "L04.inplace_version",
    )),
    Node("modules", "Modules and layers", ("L05", "L06"), (
        "L05.count_325", "L05.unregistered_list", "L05.strict_load", "L05.freeze", "L05.tied_names",
        "L06.norm_axes", "L06.dropout_train", "L06.emb_shape", "L06.mode_switch",
    )),
    Node("loop", "Losses, data and the loop", ("L07", "L08", "L09"), (
        "L07.ce_0_3669", "L07.logits_not_probs", "L07.double_softmax", "L07.bt_flatten", "L08.n_batches",
        "L08.plus_one", "L08.shift", "L09.order", "L09.zero_where", "L09.eval_vs_nograd", "L09.loss_item",
    ), task="grad_hygiene"),
    Node("language", "First language models", ("L10", "L11", "L12", "L13", "L14", "L15"), (
        "L10.plus_equals", "L10.topo_order", "L11.nll_ppl", "L11.uniform_3_2958", "L11.ce_why", "L12.view_free",
        "L12.init_loss", "L12.under_over", "L13.saturation", "L13.bn_coupling", "L13.running_stats",
        "L14.dlogits_row_sum", "L14.matmul_grad", "L14.sum_broadcast_dual", "L15.vanish", "L15.receptive",
    )),
    Node("attention", "Attention", ("L16", "L17"), (
        "L16.scale_why", "L16.mask_before", "L16.qkv_roles", "L16.row_sum", "L16.causal_row", "L16.communication",
        "L17.pre_post", "L17.mixer_vs_map", "L17.residual_clean", "L17.crop",
    ), task="sdpa_scratch"),
    Node("gpt2", "Inside GPT-2", ("L18", "L19", "L20"), (
        "L18.why_bytes", "L18.merge_count", "L18.rank_order", "L19.vocab_50257", "L19.pad_50256", "L19.mask",
        "L20.census", "L20.shapes", "L20.birth_loss", "L20.tie_saves", "L20.last_logits", "L20.pre_norm",
    )),
    Node("recipe", "Training recipe and inference", ("L21", "L22", "L23", "L26", "L27"), (
        "L21.why_scaler", "L21.scaler_order", "L22.why_sync", "L22.warmup", "L23.l2_vs_decay", "L23.clip_1",
        "L23.accum_32", "L23.which_decay", "L23.adam_bytes", "L26.temp_limits", "L26.topp_3", "L26.gather_map",
        "L27.prefill_decode", "L27.cache_content", "L27.growth",
    )),
)  # fmt: skip
"""In the order of the path; every lesson before the last node's is in one of them but L24 and L25, on many devices."""


@dataclass(frozen=True)
class Step:
    """One thing that happened in a placement test."""

    test: str
    """Tells tests apart; a learner may take it again."""
    when: datetime
    node: str
    kind: Kind
    item: str
    """The question, as in `Node.items`, or the exercise of a task."""
    right: bool


@dataclass(frozen=True)
class Standing:
    """Where a test stands after some steps."""

    passed: int = 0
    """How many nodes from the first are passed; one that was jumped over counts with the one behind it."""
    failed: int = len(NODES) + 1
    """The first node that is not, counted from 1."""
    at: int = 1
    """The node that is asked now, counted from 1."""
    answers: tuple[bool, ...] = ()
    """What was answered of its questions."""
    over: bool = False

    @property
    def node(self) -> Node | None:
        """The node that is asked now; None when the test is over."""
        return None if self.over else NODES[self.at - 1]

    @property
    def wants(self) -> Kind | None:
        """What comes next: a question, or the node's task."""
        if self.over:
            return None
        return "question" if len(self.answers) < 2 or self._split else "task"

    @property
    def _split(self) -> bool:
        """One right and one wrong: a third question decides."""
        return len(self.answers) == 2 and sum(self.answers) == 1


def play(steps: Iterable[Step]) -> Standing:
    """Where a test stands. Steps that do not fit, because the course has changed since, are passed over.

    Two right answers pass a node, and the next one is jumped over; one of two is decided by a third question, and no
    node is jumped over; none fails it. Where there is a task, it has to be solved as well. When a node fails, the one
    that was jumped over on the way is asked, and the test is over.
    """
    now = Standing()
    for step in steps:
        if step.kind == "forget":
            return Standing(over=True)
        node = now.node
        if node is not None and step.node == node.name and step.kind == now.wants:
            now = _after(now, step.right, node)
    return now


def _after(now: Standing, right: bool, node: Node) -> Standing:
    answers = now.answers
    if now.wants == "question":
        answers = (*answers, right)
        decided = len(answers) == 3 or (len(answers) == 2 and sum(answers) != 1)
        if not decided:
            return Standing(now.passed, now.failed, now.at, answers)
        right = sum(answers) == 2
        if right and node.task:
            return Standing(now.passed, now.failed, now.at, answers)
    if right:
        passed, failed, stride = now.at, now.failed, 2 if len(answers) == 2 else 1
    else:
        passed, failed, stride = now.passed, now.at, 1
    over = passed + 1 == failed
    return Standing(passed, failed, passed if over else min(passed + stride, failed - 1), (), over)


def pick(now: Standing, asked: Iterable[str], chance: random.Random) -> str:
    """A question for the node that is asked: one that this test has not had, of a lesson that it had least.

    Raises ValueError when the test is over.
    """
    if now.node is None:
        raise ValueError("the placement test is over")
    had = list(asked)
    fresh = [item for item in now.node.items if item not in had] or list(now.node.items)
    lessons = [item.partition(".")[0] for item in had]
    least = min(lessons.count(item.partition(".")[0]) for item in fresh)
    return chance.choice([item for item in fresh if lessons.count(item.partition(".")[0]) == least])


def tests(steps: Sequence[Step]) -> list[list[Step]]:
    """The steps of each test, those of the test that was begun first standing first."""
    found: dict[str, list[Step]] = {}
    for step in steps:
        found.setdefault(step.test, []).append(step)
    return list(found.values())


def tested_out(steps: Sequence[Step]) -> dict[str, datetime]:
    """Lessons that need not be done, and since when: by the last test that came to its end."""
    for test in reversed(tests(steps)):
        standing = play(test)
        if standing.over:
            return {lesson: test[-1].when for node in NODES[: standing.passed] for lesson in node.lessons}
    return {}
