"""Checkpoints are made once a session."""

from pathlib import Path

import pytest

from tests.synth.label import tiny


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory) -> dict[str, str]:
    folder: Path = tmp_path_factory.mktemp("checkpoints")
    return {
        "detector": tiny.detector(folder / "dino-tiny"),
        "sam": tiny.sam(folder / "sam-tiny"),
        "sam2": tiny.sam2(folder / "sam2-tiny"),
    }
