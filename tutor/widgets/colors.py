"""Our two themes, and the colors of Python code made from any theme."""

from __future__ import annotations

import contextlib

from rich.errors import StyleSyntaxError
from rich.style import Style
from textual._text_area_theme import TextAreaTheme
from textual.color import Color, ColorParseError
from textual.theme import Theme

DARK = Theme(
    name="gradatim-dark",
    primary="#7fb2e5",
    secondary="#8ccfc0",
    accent="#e6b673",
    success="#93cc8f",
    warning="#e3c27a",
    error="#ee8f86",
    foreground="#d8dde6",
    background="#14171c",
    surface="#191d24",
    panel="#222731",
    dark=True,
    variables={
        "foreground-muted": "#d8dde6a8",
        "text-muted": "auto 66%",
        "border": "#7fb2e5",
        "border-blurred": "#333a46",
        "footer-background": "#191d24",
        "footer-key-foreground": "#e6b673",
        "block-cursor-background": "#2b3a4d",
        "block-cursor-foreground": "#eef2f8",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#222731",
        "input-selection-background": "#7fb2e5 30%",
        "scrollbar": "#333a46",
        "scrollbar-background": "#14171c",
        "scrollbar-corner-color": "#14171c",
    },
)
LIGHT = Theme(
    name="gradatim-light",
    primary="#1f5c99",
    secondary="#1b6b61",
    accent="#8f5208",
    success="#2c6f37",
    warning="#7d5800",
    error="#ad3128",
    foreground="#2a2e35",
    background="#f6f4ee",
    surface="#fdfbf6",
    panel="#e9e5da",
    dark=False,
    variables={
        "foreground-muted": "#2a2e35b8",
        "text-muted": "auto 72%",
        "border": "#1f5c99",
        "border-blurred": "#d3cdbf",
        "footer-background": "#ece8de",
        "footer-key-foreground": "#8f5208",
        "block-cursor-background": "#d5e3f0",
        "block-cursor-foreground": "#14202c",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#e9e5da",
        "input-selection-background": "#1f5c99 25%",
        "scrollbar": "#d3cdbf",
        "scrollbar-background": "#f6f4ee",
        "scrollbar-corner-color": "#f6f4ee",
    },
)

# Names of the highlight query on the left; a color variable of the theme and a text style on the right.
CODE: dict[str, tuple[str, str]] = {
    "keyword": ("text-accent", ""),
    "keyword.function": ("text-accent", ""),
    "keyword.return": ("text-accent", ""),
    "keyword.operator": ("text-accent", ""),
    "conditional": ("text-accent", ""),
    "repeat": ("text-accent", ""),
    "exception": ("text-accent", ""),
    "include": ("text-accent", ""),
    "string": ("text-success", ""),
    "string.escape": ("text-warning", ""),
    "string.special": ("text-success", ""),
    "number": ("text-warning", ""),
    "float": ("text-warning", ""),
    "boolean": ("text-warning", ""),
    "constant": ("text-warning", ""),
    "constant.builtin": ("text-warning", ""),
    "comment": ("", "italic dim"),
    "function": ("text-primary", "bold"),
    "method": ("text-primary", "bold"),
    "function.call": ("text-primary", ""),
    "method.call": ("text-primary", ""),
    "function.builtin": ("text-secondary", ""),
    "constructor": ("text-primary", ""),
    "type": ("text-secondary", ""),
    "type.class": ("text-secondary", "bold"),
    "type.builtin": ("text-secondary", ""),
    "attribute": ("text-secondary", ""),
    "attribute.builtin": ("text-secondary", ""),
    "variable.builtin": ("", "italic"),
    "gradatim.error": ("text-error", ""),
}


def theme_names() -> tuple[str, ...]:
    """Every theme that can be chosen, ours first."""
    from textual.theme import BUILTIN_THEMES

    return (DARK.name, LIGHT.name, *sorted(BUILTIN_THEMES))


LEGIBLE = 4.5
"""The least contrast of small text, after the web's accessibility guidelines (WCAG 2, level AA)."""


def editor_theme(theme: Theme, defaults: dict[str, str]) -> TextAreaTheme:
    """Colors for the text area that fit an app theme; what is on screen stays legible on its surface."""
    variables = {**defaults, **theme.to_color_system().generate()}
    surface = _color(variables.get("surface", ""))
    styles: dict[str, Style] = {}
    for name, (variable, text_style) in CODE.items():
        style = Style.parse(text_style) if text_style else Style()
        value = variables.get(variable, "")
        if value.startswith("ansi_"):
            named = value.split()[0].removeprefix("ansi_")
            with contextlib.suppress(StyleSyntaxError):
                style += Style(color=named)
        elif (color := _color(value)) is not None:
            style += Style(color=legible(color, surface).hex6 if surface else color.hex6)
        styles[name] = style
    return TextAreaTheme("gradatim", syntax_styles=styles)


def legible(color: Color, ground: Color) -> Color:
    """The color itself, or the nearest shade of it that can be read on this ground."""
    goal = Color(255, 255, 255) if luminance(ground) < 0.2 else Color(0, 0, 0)
    for step in range(21):
        shade = color.blend(goal, step / 20)
        if contrast(shade, ground) >= LEGIBLE:
            return shade
    return goal


def contrast(one: Color, other: Color) -> float:
    """The contrast of two colors, from 1 (none) to 21 (black and white), as WCAG 2 defines it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(color: Color) -> float:
    """Relative luminance, 0 to 1, of an sRGB color."""

    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

    red, green, blue = color.normalized
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)


def _color(text: str) -> Color | None:
    try:
        return Color.parse(text)
    except ColorParseError:
        return None
