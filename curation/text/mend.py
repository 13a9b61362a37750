"""Unicode repair and white space."""

import re
import unicodedata
from typing import TypeVar

Piece = TypeVar("Piece")
_KEPT = frozenset("\n\t\u200c\u200d")  # the joiners belong to the writing of many scripts
_DROPPED = frozenset("\xad\u200b\ufeff\ufffc\ufffd")  # soft hyphen, zero-width space, byte order mark, lost characters
_ASCII_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_SPACES = re.compile(r"[^\S\n]{2,}|[^\S\n ]")  # all but single spaces
_BREAKS = re.compile(r" ?\n[ \n]*")
_TRAILING = re.compile(r"[ \t\xa0]+(?=\n)")


def mend(pieces: list[str | Piece], *, keep_lines: bool) -> list[str | Piece]:
    """Adjacent texts joined, each mended, white space at both ends taken off, empty ones left out."""
    joined: list[str | Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        else:
            joined.append(piece)
    mended = [mend_text(piece, keep_lines=keep_lines) if isinstance(piece, str) else piece for piece in joined]
    if mended and isinstance(mended[0], str):
        mended[0] = mended[0].lstrip("\n" if keep_lines else None)
    if mended and isinstance(mended[-1], str):
        mended[-1] = mended[-1].rstrip()
    return [piece for piece in mended if piece != ""]


def mend_text(text: str, *, keep_lines: bool) -> str:
    """Mojibake (ftfy), NFC, no control characters, white space; `keep_lines` keeps what is within lines of code."""
    if not text.isascii() or _ASCII_CONTROL.search(text):
        text = _repaired(text)
    if keep_lines:
        return _TRAILING.sub("", text)
    return _BREAKS.sub("\n", _SPACES.sub(" ", text))


def _repaired(text: str) -> str:
    import ftfy

    text = ftfy.fix_text(text, unescape_html=False, uncurl_quotes=False, fix_character_width=False)
    unwanted = {ord(character): None for character in set(text) if _is_control(character)}
    # Composed once more: what was dropped may have stood between a letter and its accent.
    return unicodedata.normalize("NFC", text.translate(unwanted)) if unwanted else text


def _is_control(character: str) -> bool:
    """Control, private-use and unassigned characters, soft hyphens, zero-width spaces; not the joiners of scripts."""
    if (character.isascii() and character.isprintable()) or character in _KEPT:
        return False
    return character in _DROPPED or unicodedata.category(character) in ("Cc", "Cn", "Co", "Cs")
