"""How an exercise stands, as a sign with a word: never by color alone; and every sign's stand-in in ASCII."""

from __future__ import annotations

SIGNS: dict[str, tuple[str, str, str]] = {
    "mastered": ("✦", "mastered", "$success"),
    "passed": ("✓", "passed", "$success"),
    "assisted": ("◐", "assisted", "$secondary"),
    "tried": ("✎", "tried", "$warning"),
    "new": ("·", "new", "$foreground-muted"),
    "changed": ("↻", "changed", "$warning"),
    "locked": ("⊘", "locked", "$foreground-muted"),
    "open": ("◇", "open", "$foreground-muted"),
    "tested": ("◇", "tested out", "$secondary"),
}
WIDTH = 10


def standing(shown: str, width: int = 0) -> str:
    """Markup for a status; ``width`` pads it to a column, and one of 1 leaves the sign alone."""
    sign, word, color = SIGNS[shown]
    return f"[{color}]{sign}[/]" if width == 1 else f"[{color}]{f'{sign} {word}':<{width}}[/]"


def dots(level: int) -> str:
    """A difficulty of one to five."""
    level = min(max(level, 0), 5)
    return f"{'●' * level}{'○' * (5 - level)}"


# -- in ASCII ---------------------------------------------------------------------------------------

_PAIRS = {
    "✓": "+", "✦": "*", "✗": "x", "✎": "~", "◐": "o", "↻": "@", "⊘": "!", "◇◌☐□": "o", "◷⧖": "!", "★●◉": "*", "○": ".",
    "·•∙◦": ".", "…": "~", "‹◂◄◀←⟵": "<", "›▸►▶→⟶↳↦": ">", "▲△↑": "^", "▼▽↓": "v", "↔↕": "|", "⏎": ">",
    "─╌╍┄┅╴╶⎯‾▔": "-", "━═": "=", "│┃║╎╏▏▎▍▌▐▕▋❘": "|", "┌┐└┘├┤┬┴┼╭╮╰╯╔╗╚╝╠╣╦╩╬┏┓┗┛┣┫┳┻╋╞╡╪╤╧╱╲╳": "+",
    "█▉▊■▓▆▇◼": "#", "▒▅": "+", "░": ".", "▁▂": "_", "▃▄": "=", "▀": '"', "▖▗▘▙▚▛▜▝▞▟": "#",
    "−–—": "-", "×✕": "x", "′": "'", "“”„": '"', "‘’": "'", "‖": "|", "∗": "*", "�": "?",
}  # fmt: skip
"""Stand-ins of one cell, so that nothing moves. A sign of mathematics that has none (≤, √, Σ) stays what it is."""

_WORDS = {
    "→": "->", "←": "<-", "↔": "<->", "⏎": "Enter", "…": "...", "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~=", "±": "+/-",
    "√": "sqrt ", "∞": "inf", "½": "1/2", "¼": "1/4", "∈": " in ", "∇": "grad ", "Σ": "sum ", "π": "pi",
    "²": "^2", "³": "^3", "ᵀ": "^T",
}  # fmt: skip
"""Stand-ins for text that flows, where a sign may take more room than it had."""


def _braille(code: int) -> str:
    """A cell of a curve by where its dots are: low, high, or both."""
    dots = code - 0x2800
    high, low = dots & 0b0001_1011, dots & 0b1110_0100
    return " " if not dots else ":" if high and low else "'" if high else "."


CELLS: dict[int, str] = {
    **{ord(sign): plain for signs, plain in _PAIRS.items() for sign in signs},
    **{code: _braille(code) for code in range(0x2800, 0x2900)},
}
_FLOWING: dict[int, str] = {**CELLS, **{ord(sign): words for sign, words in _WORDS.items()}}


def cells(text: str) -> str:
    """The text for a screen in ASCII mode, as wide as it was."""
    return text if text.isascii() else text.translate(CELLS)


def flowing(text: str) -> str:
    """The text for a command's output in ASCII mode."""
    return text if text.isascii() else text.translate(_FLOWING)
