"""Instructions and answers about texts in a picture: every wording that claims may name, in English and in the texts'
own language. Claims are words with places; what is said of them is put together here."""

import html
import json
from collections.abc import Iterator
from typing import Any

from curation.document import Box, Form, Part, Point, Text
from synth.ocr.languages import LANGUAGES
from synth.sample import Claims, Failure

KINDS = ("read", "lines", "words", "locate", "read_box")
ENGLISH: dict[str, tuple[str, ...]] = {
    "read": (
        "Read all the text in the image, from top to bottom.",
        "Transcribe every text in this picture, in the order of their upper edges.",
        "What is written here? Go from top to bottom, line by line.",
        "OCR this image, top text first.",
        "Extract the text from the picture, one line of text a line.",
    ),
    "lines": (
        "Spot all the text in the image, line by line.",
        "Detect and read each line of text.",
        "Locate every text line and give its content.",
    ),
    "words": (
        "Spot every word in the image.",
        "Detect and read each word.",
        "Locate all words and give their text.",
    ),
    "locate": (
        'Where is the text "{}"? Answer with a bounding box.',
        'Locate the line "{}".',
        'Give the bounding box of "{}".',
    ),
    "read_box": (
        "What is the text in {}?",
        "Read the line in the box {}.",
        "Transcribe what is written in {}.",
    ),
}
OWN: dict[str, str] = {  # "read", in the language of the text
    "zh": "请从上到下读出图中的所有文字。",
    "en": "Please read out all the words in the image from top to bottom.",
    "fr": "Lisez tout le texte de l'image, de haut en bas.",
    "de": "Lies den gesamten Text im Bild von oben nach unten.",
    "it": "Leggi tutto il testo nell'immagine, dall'alto in basso.",
    "es": "Lee todo el texto de la imagen, de arriba abajo.",
    "pt": "Leia todo o texto da imagem, de cima para baixo.",
    "ar": "اقرأ كل النصوص في الصورة من الأعلى إلى الأسفل.",
    "ru": "Прочитайте весь текст на изображении сверху вниз.",
    "ja": "画像の文字をすべて、上から順に読み取ってください。",
    "ko": "이미지에 있는 모든 글자를 위에서 아래로 읽어 주세요.",
    "vi": "Hãy đọc toàn bộ văn bản trong ảnh từ trên xuống dưới.",
}
FORMS = {
    "json": (" Answer in JSON.", " Output JSON with coordinates."),
    "xml": (" Answer in XML.", " Use XML tags."),
    "plain": (" Answer in plain text, one a line.", " One a line, coordinates first."),
}
SHAPES = {"box": ("", " Use bounding boxes."), "quad": (" Give the four corners of each.", " Use quadrilaterals.")}
SPOTTING = ("lines", "words")


def instructions(kind: str, language: str, form: str, shape: str) -> list[str]:
    """Every wording of an instruction."""
    if kind == "read":
        return [*ENGLISH[kind], OWN[language], OWN[language]]
    if kind in SPOTTING:
        return [
            start + of + how for start in ENGLISH[kind] for of in SHAPES[shape] for how in FORMS[form]
        ]  # fmt: skip
    return list(ENGLISH[kind])


def line_text(text: dict[str, Any], line: dict[str, Any]) -> str:
    """A line's words, joined as its language joins them."""
    return (" " if LANGUAGES[text["language"]].spaced else "").join(word["text"] for word in line["words"])


def whole_text(text: dict[str, Any]) -> str:
    """All lines of a text, read as one."""
    rows = [line_text(text, line) for line in text["lines"]]
    return (" " if LANGUAGES[text["language"]].spaced else "").join(rows)


def words_of(claims: Claims) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """The question and the answer of the claimed view."""
    view = claims["view"]
    kind, form = view["kind"], view["form"]
    choices = instructions(kind, claims["language"], form, view["shape"])
    asked = choices[view["wording"] % len(choices)]
    told = [(line_text(text, line), line) for text in claims["texts"] for line in text["lines"]]
    if kind == "read":
        return (Text(asked),), (Text("\n".join(line for line, _ in told)),)
    if kind in SPOTTING:
        found = told
        if kind == "words":
            found = [(word["text"], word) for _, line in told for word in line["words"]]
        return (Text(asked),), listing(found, form, view["shape"])
    line, truth = told[view["target"]]
    if kind == "locate":
        return (Text(asked.format(line)),), listing([(line, truth)], "json", "box")
    before, after = asked.split("{}")
    return (Text(before), _box(truth, "plain"), Text(after)), (Text(line),)


def listing(found: list[tuple[str, dict[str, Any]]], form: str, shape: str) -> tuple[Part, ...]:
    """Texts with their boxes or corners, as one JSON list, as a tag each or as a line each."""
    parts: list[Part] = [Text("[")] if form == "json" else []
    for number, (label, item) in enumerate(found):
        gap = ("," if form == "json" else "") + "\n"
        before, after = _frame(label, form, shape)
        parts += [Text(gap * (number > 0) + before), *_places(item, form, shape), Text(after)]
    return (*parts, Text("]")) if form == "json" else tuple(parts)


def _frame(label: str, form: str, shape: str) -> tuple[str, str]:
    if form == "json":
        key, (first, last) = ("bbox_2d", ("", "")) if shape == "box" else ("quad_2d", ("[", "]"))
        return f'{{"{key}": {first}', f'{last}, "text_content": {json.dumps(label, ensure_ascii=False)}}}'
    if form == "xml":
        first, last = ("<text ", ">") if shape == "box" else ("<text><corner ", "/>")
        return first, f"{last}{html.escape(label, quote=False)}</text>"
    return "", f" {label}"


def _box(item: dict[str, Any], form: Form) -> Box:
    x1, y1, x2, y2 = item["box"]
    return Box(0, x1, y1, x2, y2, form)


def _places(item: dict[str, Any], form: Any, shape: str) -> list[Part]:
    if shape == "box":
        return [_box(item, form)]
    gap = {"json": ", ", "xml": "/><corner ", "plain": ","}[form]
    parts: list[Part] = []
    for number, (x, y) in enumerate(item["quad"]):
        parts += [*([Text(gap)] if number else []), Point(0, x, y, form)]
    return parts


def faults(claims: Claims) -> Iterator[Failure]:
    """What is wrong with the question itself: it asks for no one line, or for corners that there are not."""
    view = claims["view"]
    told = [(line_text(text, line), line) for text in claims["texts"] for line in text["lines"]]
    if view["kind"] == "locate" and sum(view["about"] in line for line, _ in told) != 1:
        yield Failure("view", f"{view['about']!r} is not in exactly one line")
    if view["kind"] in ("locate", "read_box") and told[view["target"]][0] != view["about"]:
        yield Failure("view", f"line {view['target']} is not {view['about']!r}")
    if claims["language"] not in {text["language"] for text in claims["texts"]}:
        yield Failure("view", f"no text is in {claims['language']}")
