"""Reads a line of text from a crop by an OCR engine that knows its language: the second opinion of proofs.

PP-OCR (RapidOCR, its recogniser alone) for Chinese, Japanese and the languages of western Europe, tesseract for the
others. Both run on one thread, loaded once a process.
"""

import os
import shutil
import subprocess
import threading
import unicodedata
from functools import lru_cache
from typing import Any

import cv2
import numpy as np

from curation.errors import UserError
from synth.ocr.languages import LANGUAGES

TESSERACT = ("ru", "ar", "ko", "vi")
_LOCK = threading.Lock()  # the recogniser is not made for several threads


def recognise(crop: np.ndarray, language: str) -> str:
    """The text of one upright line (h, w, 3) uint8 RGB. Raises UserError where its engine is not installed."""
    return _tesseract(crop, language) if language in TESSERACT else _rapid(crop)


def disagreement(crop: np.ndarray, language: str, wanted: str, most: float) -> tuple[float, str]:
    """The error rate of what is read on a line that says `wanted`, and what is read.

    Tesseract takes some Arabic and Korean for Latin letters, or finds no line: where more than `most` is wrong it reads
    once more, without English and without a search for the line.
    """
    found = recognise(crop, language)
    rate = _rate(found, wanted, language)
    if rate > most and language in TESSERACT:
        again = _tesseract(crop, language, alone=True)
        rate, found = min((rate, found), (_rate(again, wanted, language), again))
    return rate, found


def _rate(found: str, wanted: str, language: str) -> float:
    """Engines put the numbers of a right-to-left line in an order of their own: there the order does not count."""
    rate = error_rate(found, wanted)
    if LANGUAGES[language].right_to_left:
        bare = "".join(character for character in found if unicodedata.category(character) != "Cf")
        rate = min(rate, error_rate("".join(sorted(bare.split())), "".join(sorted(wanted.split()))))
    return rate


def error_rate(found: str, wanted: str) -> float:
    """Edits between two texts over the length of the longer, 0 to 1; white space, case and width do not count."""
    from rapidfuzz.distance import Levenshtein

    return float(Levenshtein.normalized_distance(_plain(found), _plain(wanted)))


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _rapid(crop: np.ndarray) -> str:
    with _LOCK:
        read = _recogniser()(crop[:, :, ::-1], use_det=False, use_cls=False, use_rec=True)
    return read.txts[0] if read.txts else ""


@lru_cache(maxsize=1)
def _recogniser() -> Any:
    from rapidocr import RapidOCR

    threads = {f"EngineConfig.onnxruntime.{name}_op_num_threads": 1 for name in ("intra", "inter")}
    return RapidOCR(params={"Global.log_level": "error", **threads})


def _tesseract(crop: np.ndarray, language: str, alone: bool = False) -> str:
    name = LANGUAGES[language].tesseract
    for needed in (name, "eng"):  # Latin words and codes stand in any language's text
        if needed not in _installed():
            raise UserError(f"ocr: tesseract has no {needed} (apt-get install tesseract-ocr tesseract-ocr-{needed})")
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    frame = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    if np.median(frame) < grey.mean():  # it reads dark on light better
        grey = 255 - grey
    grey = cv2.copyMakeBorder(grey, 8, 8, 8, 8, cv2.BORDER_REPLICATE)
    image = cv2.imencode(".png", grey)[1].tobytes()
    known, mode = (name, "13") if alone else (f"{name}+eng", "7")
    command = ["tesseract", "-", "-", "-l", known, "--psm", mode, "--dpi", "150"]
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    run = subprocess.run(command, input=image, capture_output=True, check=False, timeout=60, env=environment)
    if run.returncode:
        raise UserError(f"ocr: tesseract failed: {run.stderr.decode('utf-8', 'replace').strip()[-200:]}")
    return " ".join(run.stdout.decode("utf-8", "replace").split())


@lru_cache(maxsize=1)
def _installed() -> frozenset[str]:
    if shutil.which("tesseract") is None:
        raise UserError("ocr: tesseract is not installed (apt-get install tesseract-ocr)")
    listed = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, check=False).stdout
    return frozenset(listed.split())
