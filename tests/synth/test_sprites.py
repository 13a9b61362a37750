"""Sprites: pictures with names that can be spoken, chosen by name, and errors that say what to do."""

import numpy as np
import PIL.Image
import pytest

from synth.backgrounds import BackgroundError, Backgrounds
from synth.sprites import SpriteError, Sprites, spoken_name
from synth.wording import plural


def test_a_folder_gives_each_file_its_stem_as_name(sprite_folder):
    assert Sprites.load(sprite_folder).names[:3] == ("black cross", "blue house", "green tree")


def test_sprites_are_cropped_to_what_is_seen_and_a_soft_pixel_around(sprites):
    for image in sprites.images:
        seen = np.asarray(image)[..., 3] > 127
        assert seen[1].any()
        assert seen[-2].any()
        assert seen[:, 1].any()
        assert seen[:, -2].any()


def test_names_choose_and_rename(sprite_folder):
    chosen = Sprites.load(sprite_folder, {"tree": "green tree", "ball": "red ball"})
    assert chosen.names == ("ball", "tree")
    assert chosen["tree"].tobytes() == Sprites.load(sprite_folder)["green tree"].tobytes()


def test_the_digest_depends_on_names_and_pixels(sprite_folder, tmp_path):
    whole = Sprites.load(sprite_folder, ["red ball", "blue house"])
    assert whole.digest == Sprites.load(sprite_folder, ["red ball", "blue house"]).digest
    assert whole.digest != Sprites.load(sprite_folder, {"ball": "red ball", "house": "blue house"}).digest
    assert whole.digest != Sprites.load(sprite_folder, {"red ball": "red ball", "blue house": "green tree"}).digest


def test_kinds_that_share_a_word_or_a_look_are_not_apart(tmp_path, sprite_folder):
    ball = PIL.Image.open(sprite_folder / "red_ball.png")
    ball.save(tmp_path / "apple.png")
    ball.rotate(3).save(tmp_path / "cherry.png")
    PIL.Image.open(sprite_folder / "blue_house.png").save(tmp_path / "apple tree.png")
    library = Sprites.load(tmp_path, ["apple", "cherry", "apple tree"])
    assert library.apart.tolist() == [[False, False, False], [False, False, True], [False, True, False]]


@pytest.mark.parametrize(
    ("names", "message"),
    [(["red bal"], r"no sprite 'red bal' among 8; near it: red ball"), (["ball"], "near it: red ball")],
)
def test_an_unknown_name_is_answered_with_near_ones(sprite_folder, names, message):
    with pytest.raises(SpriteError, match=message):
        Sprites.load(sprite_folder, names)


def test_bad_sprites_are_one_clear_line(tmp_path):
    with pytest.raises(SpriteError, match="no such font or folder"):
        Sprites.load(tmp_path / "none")
    with pytest.raises(SpriteError, match="holds no sprites"):
        Sprites.load(tmp_path)
    (tmp_path / "text.ttf").write_bytes(b"not a font")
    with pytest.raises(SpriteError, match="not a font with colour bitmaps"):
        Sprites.load(tmp_path / "text.ttf")
    PIL.Image.new("RGBA", (8, 8)).save(tmp_path / "ghost.png")
    with pytest.raises(SpriteError, match="'ghost' is transparent throughout"):
        Sprites.load(tmp_path)
    (tmp_path / "ghost.png").write_bytes(b"\x89PNG")
    with pytest.raises(SpriteError, match="'ghost' cannot be decoded"):
        Sprites.load(tmp_path)


def test_bad_backgrounds_are_one_clear_line(tmp_path, background_folder):
    with pytest.raises(BackgroundError, match="no such folder"):
        Backgrounds(tmp_path / "none", (112, 112))
    with pytest.raises(BackgroundError, match="holds no photographs"):
        Backgrounds(tmp_path, (112, 112))
    whole = (background_folder / "photo0.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    cut = Backgrounds(tmp_path, (112, 112))
    with pytest.raises(BackgroundError, match=r"cut\.jpg: cannot be decoded: .*truncated"):
        cut.draw(np.random.default_rng(0), 112, 112)
    (tmp_path / "text.jpg").write_text("hello")
    with pytest.raises(BackgroundError, match=r"text\.jpg: not a picture"):
        Backgrounds(tmp_path, (112, 112))


@pytest.mark.parametrize(
    ("emoji", "name"),
    [("🍎", "red apple"), ("🐶", "dog face"), ("☎", "telephone"), ("🖍", "crayon"), ("🏴", "waving black flag"),
     ("7", None), ("🕐", None), ("😀", None), ("🇫", None), ("🏽", None), ("➡", None), ("♈", None), ("🆗", None)],
)  # fmt: skip
def test_emoji_are_called_what_unicode_calls_the_thing(emoji, name):
    assert spoken_name(ord(emoji)) == name


def test_the_emoji_font_gives_a_library(emoji_font):
    library = Sprites.load(emoji_font)
    assert 850 <= len(library) <= 950  # of 1,487 emoji; the running Python may know a few more names
    assert len(set(library.names)) == len(library)
    chosen = Sprites.load(emoji_font, {"apple": "red apple", "dog": "dog face"})
    assert chosen["dog"].tobytes() == library["dog face"].tobytes()
    assert np.asarray(chosen["apple"].convert("RGB").resize((1, 1)))[0, 0].argmax() == 0  # red


@pytest.mark.parametrize(
    ("one", "many"),
    [("dog", "dogs"), ("slice of pizza", "slices of pizza"), ("cherry", "cherries"), ("toy", "toys"), ("fox", "foxes"),
     ("grapes", "grapes"), ("police bus", "police buses"), ("torch", "torches"), ("mouse", "mice")],
)  # fmt: skip
def test_plurals(one, many):
    assert plural(one) == many
