"""Annotations with something in them that does not belong there."""

import copy
from typing import Any

from hypothesis import strategies as st

JUNK = st.sampled_from(
    [None, float("nan"), float("inf"), -1, 1e12, "", "\ud800", "x", [], {}, True, [1], {"a": 1}, 10**30]
)


@st.composite
def spoiled(draw: st.DrawFn, value: Any) -> Any:
    """The value with something in it replaced by what does not belong there."""
    value = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 3))):
        holder: Any = value
        while True:
            keys = sorted(holder) if isinstance(holder, dict) else range(len(holder))
            if not keys:
                break
            key = draw(st.sampled_from(list(keys)))
            if isinstance(holder[key], dict | list) and holder[key] and draw(st.integers(0, 3)):
                holder = holder[key]
                continue
            holder[key] = copy.deepcopy(draw(JUNK))
            break
    return value
