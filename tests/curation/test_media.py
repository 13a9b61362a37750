"""Hostile pictures: each is refused for its own reason, before it can hurt."""

import struct
import zlib

import numpy as np
import PIL.Image
import pytest

from curation.errors import MediaError
from curation.media import decode, decode_recorded, probe, read, read_bytes
from tests.conftest import encode, png


def bomb() -> bytes:
    """A PNG whose header promises 60,000 x 60,000 pixels."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def animated(image_format: str) -> bytes:
    frames = [PIL.Image.new("RGB", (80, 80), colour) for colour in ("red", "blue")]
    return encode(frames[0], image_format, save_all=True, append_images=frames[1:])


HOSTILE = {
    "truncated": png(200, 200)[:5_000],
    "corrupt": b"\xff\xd8\xff this is no picture",
    "too large": bomb(),
    "animated": animated("WEBP"),
    "svg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "format": encode(PIL.Image.new("RGB", (80, 80)), "BMP"),
}


@pytest.mark.parametrize("reason", HOSTILE)
def test_hostile_pictures_are_refused_with_their_reason(reason):
    with pytest.raises(MediaError) as refused:
        probe(HOSTILE[reason], "a/picture", "/x/a/picture")
    assert refused.value.reason == reason
    assert "a/picture" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_good_picture_is_a_reference_to_its_bytes(tmp_path):
    path = tmp_path / "good.png"
    path.write_bytes(png(70, 30))
    media = probe(path.read_bytes(), "good.png", str(path))
    assert (media.format, media.width, media.height) == ("png", 70, 30)
    assert read(media) == path.read_bytes()


def test_a_picture_that_changed_or_vanished_is_noticed(tmp_path):
    path = tmp_path / "good.png"
    path.write_bytes(png(seed=1))
    media = probe(path.read_bytes(), "good.png", str(path))
    path.write_bytes(png(seed=2))
    with pytest.raises(MediaError, match="altered"):
        read(media)
    path.unlink()
    with pytest.raises(MediaError, match="missing"):
        read(media)


def test_sizes_are_those_of_the_upright_picture():
    sideways = PIL.Image.new("RGB", (90, 60), "red")
    exif = sideways.getexif()
    exif[0x0112] = 6  # rotate by a quarter turn
    data = encode(sideways, "JPEG", exif=exif)
    media = probe(data, "photo.jpg", "")
    assert (media.width, media.height) == (60, 90)
    assert decode(data).size == (60, 90)


def test_transparency_lies_over_white():
    picture = decode(encode(PIL.Image.new("RGBA", (4, 4), (0, 0, 0, 0))))
    assert np.asarray(picture).min() == 255


def test_byte_ranges(tmp_path):
    (tmp_path / "file").write_bytes(b"0123456789")
    assert read_bytes(str(tmp_path / "file"), 2, 3) == b"234"


def test_a_picture_is_decoded_if_it_has_the_size_that_was_recorded():
    sideways = PIL.Image.new("RGB", (90, 60), "red")
    exif = sideways.getexif()
    exif[0x0112] = 6  # rotate by a quarter turn
    data = encode(sideways, "JPEG", exif=exif)
    assert decode_recorded(data, probe(data, "photo.jpg", "")).size == (60, 90)


@pytest.mark.parametrize("reason", ["too large", "truncated", "corrupt"])
def test_a_recorded_picture_that_cannot_be_decoded_is_refused_with_its_reason(reason):
    recorded = probe(png(200, 200), "a/picture", "/x/a/picture")
    with pytest.raises(MediaError) as refused:
        decode_recorded(HOSTILE[reason], recorded)
    assert refused.value.reason == reason
    assert "\n" not in str(refused.value)


def test_a_header_that_promises_another_size_than_recorded_is_refused_before_any_pixel_is_decoded():
    recorded = probe(png(200, 200), "a/picture", "/x/a/picture")
    with pytest.raises(MediaError, match=r"altered: .*recorded as 200 x 200"):
        decode_recorded(png(300, 200)[:100], recorded)
