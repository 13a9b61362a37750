"""The small corpus of `tests/synth/ocr`."""

from tests.synth.ocr.conftest import corpus

__all__ = ["corpus"]
