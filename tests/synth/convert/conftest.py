"""Recordings that several files of tests read."""

from typing import Any

import pytest

from tests.synth.convert import recorded


@pytest.fixture(scope="session")
def recordings(tmp_path_factory) -> dict[str, dict[str, Any]]:
    """The settings of a data set of each layout of trajectories, by layout."""
    return {item["layout"]: item for item in recorded.write_all(tmp_path_factory.mktemp("recorded"))}
