"""Switches are held against their like."""

import numpy as np
import pytest

from synth.gui.model import Screen
from synth.gui.proof import looks


def scene(states):
    """A picture (40, 60 n, 3) of switches 40 x 20, dark on the right where they are on, and its claims."""
    picture = np.full((40, 60 * len(states), 3), 240, np.uint8)
    nodes = []
    for number, on in enumerate(states):
        left = 60 * number + 10
        picture[10:30, left : left + 40] = 120
        picture[12:28, left + (22 if on else 2) : left + (38 if on else 18)] = 255
        box = [left, 10, left + 40, 30]
        nodes.append({"id": number + 1, "role": "switch", "name": "x", "states": {"checked": on}, "whole": box,
                      "clip": [0, 0, 999, 40], "box": box})  # fmt: skip
    claims = {"nodes": nodes, "words": [], "gaps": [], "fonts": [], "direction": "ltr", "size": [60 * len(states), 40]}
    return picture, claims


def test_true_states_are_believed():
    picture, claims = scene([True, False, True, False, False])
    assert not list(looks.faults(Screen(claims), picture))


@pytest.mark.parametrize("at", range(5))
def test_a_turned_state_is_seen_where_others_of_both_states_are_there(at):
    picture, claims = scene([True, False, True, False, False])
    claims["nodes"][at]["states"]["checked"] ^= True
    assert list(looks.faults(Screen(claims), picture))


def test_a_switch_that_is_alone_tells_nothing():
    picture, claims = scene([True])
    claims["nodes"][0]["states"]["checked"] = False
    assert not list(looks.faults(Screen(claims), picture))
