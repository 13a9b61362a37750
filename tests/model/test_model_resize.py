import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.errors import MediaError
from model.resize import smart_resize

SIDES = st.integers(1, 6000)
BUDGETS = st.tuples(st.integers(1, 64), st.integers(64, 16384)).map(lambda cells: (cells[0] * 784, cells[1] * 784))


@given(height=SIDES, width=SIDES, budget=BUDGETS)
def test_equals_the_released_arithmetic(transformers, height, width, budget):
    from transformers.models.qwen2_vl.image_processing_qwen2_vl import smart_resize as released

    try:
        expected = released(height, width, 28, *budget)
    except ValueError:
        with pytest.raises(MediaError, match=f"{width}x{height} px: one side is more than 200 times the other"):
            smart_resize(height, width, 28, *budget)
    else:
        assert smart_resize(height, width, 28, *budget) == expected


@given(rows=st.integers(1, 60), columns=st.integers(1, 60))
def test_a_canvas_of_whole_cells_inside_the_budget_is_left_alone(rows, columns):
    size = rows * 28, columns * 28
    assert smart_resize(*size, 28, 784, 3600 * 784) == size
