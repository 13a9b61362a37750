"""COCO instances and captions, LVIS v1, Objects365 v2, RefCOCO: one JSON layout, with a few fields of their own.

Lin et al. 2014 (arXiv 1405.0312), Gupta et al. 2019 (arXiv 1908.03195), Shao et al. 2019, Yu et al. 2016 (arXiv
1608.00272). Segmentations are not read: a box is what was annotated as one.
"""

import io
import json
import pickle
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from curation.errors import UserError
from synth.convert.bigjson import items
from synth.convert.rows import WHOLE, Row, numbers, text

MOST_REFS = 1 << 30  # bytes of a file of expressions, which is read whole; the largest published has 60 MB


def read_instances(file: BinaryIO, path: str) -> Iterator[Row]:
    """Images, boxes, labels and licences of an instances file. Raises UserError as `bigjson.items` does."""
    for name, item in items(file, path, ("images", "annotations", "categories", "licenses")):
        if not isinstance(item, dict) or (name == "annotations" and "image_id" not in item) or "id" not in item:
            raise UserError(f"{path}: in {name}: {str(item)[:80]} is not of the layout of COCO")
        match name:
            case "images":
                yield _image(item)
            case "annotations":
                yield _box(item)
            case "categories":
                yield Row(WHOLE, "label", {"id": str(item["id"]), "name": text(item, "name")})
            case "licenses":
                yield Row(WHOLE, "licence", {"id": str(item["id"]), "name": text(item, "url", "name")})


def _image(item: dict[str, Any]) -> Row:
    """LVIS names the file by the end of its address alone: .../train2017/000000391895.jpg."""
    address = text(item, "coco_url", "url", "flickr_url")
    named = text(item, "file_name") or "/".join(address.split("/")[-2:])
    value: dict[str, Any] = {"files": [named], "origin": address, "licence": str(item.get("license", ""))}
    if size := numbers([item.get("width"), item.get("height")], 2):
        value["size"] = size
    for field, name in (("neg_category_ids", "absent"), ("not_exhaustive_category_ids", "partial")):
        if item.get(field):
            value[name] = [str(label) for label in item[field]]
    return Row(str(item["id"]), "image", value)


def _box(item: dict[str, Any]) -> Row:
    box = numbers(item.get("bbox"), 4)
    image, label = str(item["image_id"]), str(item.get("category_id", ""))
    if box is None:
        return Row(image, "bad", {"reason": "degenerate", "label": label})
    x, y, width, height = box
    value = {"id": str(item["id"]), "label": label, "box": [x, y, x + width, y + height], "unit": "px"}
    if item.get("iscrowd"):
        value["flag"] = "crowd"
    elif item.get("isfake"):  # Objects365: a picture of the object, or its reflection
        value["flag"] = "depiction"
    return Row(image, "box", value)


def read_captions(file: BinaryIO, path: str) -> Iterator[Row]:
    """The captions of a captions file; its images are those of the instances."""
    for _, item in items(file, path, ("annotations",)):
        if not isinstance(item, dict) or "image_id" not in item or "caption" not in item:
            raise UserError(f"{path}: {str(item)[:80]} is not a caption of the layout of COCO")
        yield Row(str(item["image_id"]), "caption", {"text": " ".join(str(item["caption"]).split())})


def read_refs(file: BinaryIO, path: str, split: str) -> Iterator[Row]:
    """Expressions, each of one box; of one split, or of all where it is empty."""
    content = file.read(MOST_REFS + 1)
    if len(content) > MOST_REFS:
        raise UserError(f"{path}: over {MOST_REFS:,} bytes: is it a file of expressions?")
    splits = set()
    for ref in _refs(content, path):
        try:
            texts = [" ".join(sentence["sent"].split()) for sentence in ref["sentences"]]
            row = Row(str(ref["image_id"]), "phrase", {"thing": str(ref["ann_id"]), "texts": texts})
            splits.add(ref["split"])
        except (KeyError, TypeError, AttributeError) as error:
            raise UserError(f"{path}: {str(ref)[:80]} is not an expression of RefCOCO: no {error}") from error
        if split in ("", ref["split"]):
            yield row
    if split and split not in splits:
        raise UserError(f"{path}: no expression is of the split {split!r}; it has {', '.join(sorted(splits))}")


def _refs(content: bytes, path: str) -> Iterable[Any]:
    try:
        refs = json.loads(content) if content.lstrip()[:1] == b"[" else _Plain(io.BytesIO(content)).load()
    except UserError:
        raise
    except Exception as error:  # pickle raises whatever the damage leads it to
        raise UserError(f"{path}: neither JSON nor a pickle: {type(error).__name__}: {error}") from error
    if not isinstance(refs, list):
        raise UserError(f"{path}: a {type(refs).__name__}, where RefCOCO has a list")
    return refs


class _Plain(pickle.Unpickler):
    """Takes lists, dicts, numbers and text, as RefCOCO's files (of Python 2) hold; anything else could run code."""

    def __init__(self, file: BinaryIO):
        super().__init__(file, encoding="utf-8")

    def find_class(self, module: str, name: str) -> Any:
        raise UserError(f"a pickle that asks for {module}.{name}, and could run code by it: refused")
