"""Tiny data sets in the published layouts, with images of our own."""

import csv
import io
import json
import pickle
from pathlib import Path
from typing import Any

import PIL.Image
import pyarrow as pa
import pyarrow.parquet as pq

from tests.conftest import encode


def photo(seed: int, size: tuple[int, int] = (200, 100)) -> PIL.Image.Image:
    """A picture of its own for every seed."""
    return PIL.Image.new("RGB", size, (seed * 53 % 256, seed * 97 % 256, seed * 31 % 256))


def write_images(folder: Path, names: list[str], size: tuple[int, int] = (200, 100)) -> Path:
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode(photo(number, size), "JPEG"))
    return folder


def write_json(path: Path, value: Any) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))
    return str(path)


CATEGORIES = [
    {"id": 1, "name": "person", "supercategory": "person"},
    {"id": 18, "name": "dog", "supercategory": "animal"},
    {"id": 19, "name": "traffic light", "supercategory": "outdoor"},
    {"id": 44, "name": "wine glass", "supercategory": "kitchen"},
]


def box(number: int, image: int, label: int, xywh: list[float], crowd: int = 0) -> dict[str, Any]:
    segmentation: Any = {"size": [100, 200], "counts": [0, 20000]} if crowd else [[0, 0, 1, 0, 1, 1]]
    return {
        **{"id": number, "image_id": image, "category_id": label, "bbox": xywh, "iscrowd": crowd},
        **{"area": xywh[2] * xywh[3], "segmentation": segmentation},
    }


def coco() -> dict[str, Any]:
    """Three images: two dogs and a crowd of people; a light, cut by the edge; nothing."""
    return {
        "info": {"year": 2017, "nested": {"images": [1, 2]}},
        "licenses": [
            {"id": 1, "name": "Attribution", "url": "http://creativecommons.org/licenses/by/2.0/"},
            {"id": 7, "name": "No known copyright restrictions", "url": ""},
        ],
        "images": [
            {"id": 9, "file_name": "000009.jpg", "width": 200, "height": 100, "license": 1,
             "coco_url": "http://images.cocodataset.org/train2017/000009.jpg"},
            {"id": 25, "file_name": "000025.jpg", "width": 200, "height": 100, "license": 7},
            {"id": 30, "file_name": "000030.jpg", "width": 200, "height": 100, "license": 9},
        ],
        "annotations": [
            box(101, 9, 18, [100.5, 20, 40, 50]),
            box(102, 9, 18, [10, 10, 30.25, 60]),
            box(103, 9, 1, [0, 0, 200, 100], crowd=1),
            box(104, 25, 19, [180, 40, 60, 40]),
            box(105, 25, 44, [50, 50, 1, 1]),
            box(106, 25, 1, [20, 20, 0, 30]),
            box(107, 25, 1, [90, 10, 30, 80]),
            box(108, 25, 77, [90, 10, 30, 80]),
        ],
        "categories": CATEGORIES,
    }  # fmt: skip


COCO_NAMES = ["000009.jpg", "000025.jpg", "000030.jpg"]


def captions() -> dict[str, Any]:
    return {
        "images": [{"id": 9, "file_name": "000009.jpg", "width": 200, "height": 100}],
        "annotations": [
            {"id": 1, "image_id": 9, "caption": "Two dogs run past a crowd.\n"},
            {"id": 2, "image_id": 9, "caption": "Two dogs run past a crowd."},
        ],
    }


def refs() -> list[dict[str, Any]]:
    """As refs(unc).p has them: an expression of each dog, and one that fits both."""

    def ref(number: int, thing: int, sentences: list[str], split: str = "train", image: int = 9) -> dict[str, Any]:
        said = [
            {"tokens": text.split(), "raw": text, "sent": text, "sent_id": 10 * number + at}
            for at, text in enumerate(sentences)
        ]
        return {
            **{"ref_id": number, "ann_id": thing, "image_id": image, "category_id": 18, "split": split},
            **{"file_name": f"COCO_train2014_{image:012d}_{number}.jpg", "sentences": said},
            "sent_ids": [sentence["sent_id"] for sentence in said],
        }

    return [
        ref(1, 101, ["right dog", "dog on the right", "brown dog"]),
        ref(2, 102, ["left dog", "brown dog"]),
        ref(3, 107, ["the man"], split="testA", image=25),
        ref(4, 555, ["no such thing"]),
    ]


def write_refs(path: Path) -> str:
    path.write_bytes(pickle.dumps(refs(), protocol=0))
    return str(path)


def lvis() -> dict[str, Any]:
    """Image 9: all bows (of ribbon) are boxed, not all cats are, and a weapon is certified absent."""
    return {
        "licenses": [{"id": 4, "name": "Attribution License", "url": "http://creativecommons.org/licenses/by/2.0/"}],
        "images": [
            {"id": 9, "width": 200, "height": 100, "license": 4, "coco_url": "http://images.cocodataset.org/train2017/000009.jpg",
             "neg_category_ids": [3], "not_exhaustive_category_ids": [2]},
        ],
        "annotations": [
            {"id": 1, "image_id": 9, "category_id": 1, "bbox": [10, 10, 20, 20], "area": 400},
            {"id": 2, "image_id": 9, "category_id": 2, "bbox": [60, 10, 50, 50], "area": 2500},
        ],
        "categories": [
            {"id": 1, "name": "bow_(decorative_ribbons)", "frequency": "f", "synset": "bow.n.08", "synonyms": []},
            {"id": 2, "name": "cat", "frequency": "f", "synset": "cat.n.01", "synonyms": []},
            {"id": 3, "name": "bow_(weapon)", "frequency": "r", "synset": "bow.n.04", "synonyms": []},
            {"id": 4, "name": "crab_(animal)", "frequency": "r", "synset": "crab.n.01", "synonyms": []},
        ],
    }  # fmt: skip


OPEN_CLASSES = (
    "LabelName,DisplayName\n/m/01g317,Person\n/m/04yx4,Man\n/m/0bt9lr,Dog\n/m/0k4j,Car\n/m/025nd,Christmas tree\n"
)
OPEN_BOXES = """\
ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside
aa01,xclick,/m/04yx4,1,0.1,0.4,0.2,0.9,1,0,0,0,0
aa01,xclick,/m/01g317,1,0.5,0.6,0.2,0.9,0,0,0,0,0
aa01,xclick,/m/0bt9lr,1,0.5,0.9,0.5,0.9,0,0,1,0,0
aa01,activemil,/m/025nd,1,0.7,0.95,0.1,0.6,0,0,0,0,-1
bb02,xclick,/m/0bt9lr,1,0.25,0.75,0.25,0.75,0,1,0,0,0
"""
OPEN_LABELS = """\
ImageID,Source,LabelName,Confidence
aa01,verification,/m/0k4j,0
aa01,verification,/m/01g317,1
bb02,verification,/m/0k4j,1
"""
OPEN_INFORMATION = '''\
ImageID,Subset,OriginalURL,OriginalLandingURL,License,AuthorProfileURL,Author,Title,OriginalSize,OriginalMD5,\
Thumbnail300KURL,Rotation
aa01,train,https://a.org/aa01_o.jpg,,https://creativecommons.org/licenses/by/2.0/,u,"Fräulein, ""A""",t,1,x,,0.0
bb02,train,https://a.org/bb02_o.jpg,https://flickr,https://creativecommons.org/licenses/by/2.0/,u,B,t,1,x,,90.0
'''
OPEN_HIERARCHY = {
    "LabelName": "/m/0bl9f",
    "Subcategory": [
        {"LabelName": "/m/01g317", "Subcategory": [{"LabelName": "/m/04yx4"}], "Part": [{"LabelName": "/m/0k4j"}]},
        {"LabelName": "/m/0bt9lr"},
    ],
}


def write_open_images(folder: Path) -> dict[str, str]:
    """The settings that name the files."""
    texts = {"boxes": OPEN_BOXES, "classes": OPEN_CLASSES, "labels": OPEN_LABELS, "information": OPEN_INFORMATION}
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in texts.items():
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")
    return {name: str(folder / f"{name}.csv") for name in texts} | {
        "hierarchy": write_json(folder / "hierarchy.json", OPEN_HIERARCHY)
    }


def write_table(path: Path, rows: list[dict[str, Any]]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path)
    return str(path)


def csv_rows(content: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content)))
