"""Which image an annotation means, and where on it a place lies."""

import io
import tarfile
import zipfile

import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest

from curation.errors import MediaError, UserError
from synth.convert.frame import frame
from synth.convert.pictures import Pictures
from tests.conftest import encode
from tests.synth.convert import layouts

NAMES = ["train/a.jpg", "train/b.jpg", "val/b.jpg"]


def packed(tmp_path, form: str) -> str:
    folder = layouts.write_images(tmp_path / "images", NAMES)
    if form == "folder":
        return str(folder)
    path = tmp_path / f"images.{form}"
    if form == "tar":
        with tarfile.open(path, "w") as tar:
            for name in NAMES:
                tar.add(folder / name, name)
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in NAMES:
                archive.write(folder / name, name)
    return str(path)


@pytest.mark.parametrize("form", ["folder", "zip", "tar"])
def test_images_are_found_by_name_wherever_they_lie(tmp_path, form):
    pictures = Pictures([packed(tmp_path, form)])
    for name in NAMES:
        assert pictures.find([name]) == (name, (tmp_path / "images" / name).read_bytes())
    with pytest.raises(MediaError, match=r"missing: c.jpg: in none of"):
        pictures.find(["c.jpg"])


@pytest.mark.parametrize("form", ["zip", "tar"])
def test_a_name_without_folders_means_the_one_member_that_has_it(tmp_path, form):
    pictures = Pictures([packed(tmp_path, form)])
    assert pictures.find(["patch/a.jpg"])[1] == (tmp_path / "images/train/a.jpg").read_bytes()
    with pytest.raises(MediaError, match="missing"):  # two are called so
        pictures.find(["b.jpg"])


def test_a_name_leads_nowhere_but_below_the_folder(tmp_path):
    layouts.write_images(tmp_path, ["secret.jpg", "images/a.jpg"])
    for name in ("../secret.jpg", str(tmp_path / "secret.jpg"), "x/../../secret.jpg"):
        with pytest.raises(MediaError, match="missing"):
            Pictures([str(tmp_path / "images")]).find([name])


def test_what_cannot_be_read_from_the_middle_is_refused(tmp_path):
    with pytest.raises(UserError, match="a compressed tar can only be read from its start"):
        Pictures(["patch0.tar.gz"])
    (tmp_path / "a.zip").write_bytes(b"no zip")
    with pytest.raises(UserError, match=r"a.zip: not a zip file"):
        Pictures([str(tmp_path / "a.zip")])
    with pytest.raises(UserError, match=r"b.tar: not a plain tar"):
        Pictures([str(tmp_path / "b.tar")])


def turned(orientation: int, size: tuple[int, int] = (60, 40), spot: tuple[int, int] = (12, 5)) -> PIL.Image.Image:
    """A picture with a spot of one pixel, stored with an EXIF orientation."""
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    pixels[spot[1], spot[0]] = 255
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    return PIL.Image.open(io.BytesIO(encode(PIL.Image.fromarray(pixels), "PNG", exif=exif)))


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_boxes_follow_a_quarter_turn_to_where_pillow_shows_the_pixel(orientation):
    image = turned(orientation)
    upright = np.asarray(PIL.ImageOps.exif_transpose(image))
    [[y, x]] = np.argwhere(upright[..., 0] == 255)
    found = frame(image, (60, 40), upright=False).box([12, 5, 13, 6], "px")
    assert found == (x, y, x + 1, y + 1)
    shares = [12 / 60, 5 / 40, 13 / 60, 6 / 40]
    assert frame(image, (60, 40), upright=False).box(shares, "share") == pytest.approx(found)


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_an_image_that_was_annotated_upright_is_not_turned_again(orientation):
    image = turned(orientation)
    assert frame(image, (40, 60), upright=False).box([1, 2, 3, 4], "px") == (1, 2, 3, 4)
    assert frame(image, None, upright=True).point(0.5, 0.5, "share") == (20, 30)


@pytest.mark.parametrize(("orientation", "size", "stated"), [(3, (60, 40), (60, 40)), (2, (60, 40), (60, 40)),
                                                             (6, (40, 40), (40, 40)), (6, (60, 40), None)])  # fmt: skip
def test_where_it_cannot_be_told_which_way_up_it_was_the_image_is_left_out(orientation, size, stated):
    with pytest.raises(MediaError, match="which way up it was annotated cannot be told"):
        frame(turned(orientation, size), stated, upright=False)


def test_a_smaller_copy_is_scaled_and_another_shape_refused():
    image = turned(1, (60, 40))
    assert frame(image, (600, 400), upright=False).box([100, 100, 200, 200], "px") == (10, 10, 20, 20)
    with pytest.raises(MediaError, match=r"differ in shape: 40 x 60 and 60 x 40"):
        frame(image, (40, 60), upright=False)
