"""Markdown apart: what people read as running text, and what stands aside."""

import re

_CODE = re.compile(r"(?:^|\n)```[^\n]*\n(.*?)(?:\n```(?=\n|$)|$)", re.S)
_ROW = re.compile(r"^\|.*\|$\n?", re.M)
_HEADING = re.compile(r"^#{1,6} ", re.M)


def apart(text: str) -> tuple[str, str]:
    """Running text, without the marks of headings, and the code and tables that stand aside."""
    aside: list[str] = []
    if "```" in text:
        aside += _CODE.findall(text)
        text = _CODE.sub("\n", text)
    if "|" in text:
        aside += [row.replace("|", " ").replace("---", " ") for row in _ROW.findall(text)]
        text = _ROW.sub("", text)
    return _HEADING.sub("", text), "\n".join(aside)
