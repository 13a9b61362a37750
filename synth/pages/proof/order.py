"""Reading order from boxes alone: recursive XY-cuts (Nagy and Seth, 1984), columns before rows where they are clear."""

from collections.abc import Sequence

Box = Sequence[float]


def reading_order(boxes: Sequence[Box], right_to_left: bool = False) -> list[int]:
    """Numbers of the boxes (x1, y1, x2, y2) in the order in which they are read.

    Boxes are cut into bands by horizontal gaps. Where a band is cut by a vertical gap, that gap is followed down
    through as many bands as it divides: these are columns, which are read one after the other.
    """
    return _order(list(range(len(boxes))), boxes, right_to_left)


def _order(numbers: list[int], boxes: Sequence[Box], right_to_left: bool) -> list[int]:
    if len(numbers) < 2:
        return numbers
    bands = _runs(numbers, boxes, 1)
    order: list[int] = []
    at = 0
    while at < len(bands):
        ends = range(len(bands), at, -1) if len(_runs(bands[at], boxes, 0)) > 1 else ()
        for end in ends:
            together = [number for band in bands[at:end] for number in band]
            columns = _runs(together, boxes, 0)
            if len(columns) > 1:
                columns = columns[::-1] if right_to_left else columns
                order += [number for column in columns for number in _order(column, boxes, right_to_left)]
                break
        else:
            end = at + 1
            # A band that neither cut divides: overlapping boxes, from the top.
            order += sorted(bands[at], key=lambda number: (boxes[number][1], boxes[number][0]))
        at = end
    return order


def _runs(numbers: list[int], boxes: Sequence[Box], axis: int) -> list[list[int]]:
    """Groups between which there is a gap along an axis, in its order."""
    groups: list[list[int]] = []
    reach = float("-inf")
    for number in sorted(numbers, key=lambda number: (boxes[number][axis], number)):
        low, high = boxes[number][axis], boxes[number][axis + 2]
        if not groups or low >= reach:
            groups.append([])
        groups[-1].append(number)
        reach = max(reach, high)
    return groups
