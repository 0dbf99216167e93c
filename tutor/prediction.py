"""What a reader expected, held against what came out."""

from __future__ import annotations

import re


def same(prediction: str, output: str) -> bool:
    """Whether a prediction says what came out, spelling of shapes and spaces apart."""

    def plain(text: str) -> str:
        text = re.sub(r"torch\.Size\(\[(.*?)\]\)", r"(\1)", text.strip().split("\n")[-1])
        if re.match(r"\w+(Error|Exception)\b", text):
            text = "raises"
        return re.sub(r"[\s'\"`]+", "", text).strip("()[].").rstrip(",").lower()

    return bool(plain(prediction)) and plain(prediction) == plain(output)
