"""Sprites: pictures with names that can be spoken, chosen by name, and errors that say what to do."""

import json
from collections import Counter

import numpy as np
import PIL.Image
import pytest

from curation.errors import UserError
from synth.grounding.english import article, is_plural, plural
from synth.grounding.library.backgrounds import BackgroundError, Backgrounds
from synth.grounding.library.names import art_name, concept, icon_name, spoken_name
from synth.grounding.library.sources import Keywords, SpriteError, SpriteSource
from synth.grounding.library.sprites import Sprites
from synth.grounding.library.wordnet import WordNet


def drawn(library: Sprites, name: str) -> bytes:
    return library.picture(library.places[name][0]).tobytes()


def test_a_folder_gives_each_file_its_stem_as_name(sprite_folder):
    assert Sprites.load(sprite_folder).names[:3] == ("black cross", "blue house", "green tree")


def test_sprites_are_cropped_to_what_is_seen_and_a_soft_pixel_around(sprites):
    for number in range(len(sprites.drawings)):
        image = sprites.picture(number)
        seen = np.asarray(image)[..., 3] > 127
        assert seen[1].any()
        assert seen[-2].any()
        assert seen[:, 1].any()
        assert seen[:, -2].any()


def test_names_choose_and_rename(sprite_folder):
    chosen = Sprites.load(sprite_folder, {"tree": "green tree", "ball": "red ball"})
    assert chosen.names == ("ball", "tree")
    assert drawn(chosen, "tree") == drawn(Sprites.load(sprite_folder), "green tree")


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
    assert library.names == ("apple", "apple tree", "cherry")
    assert not library.apart(0, [1])  # a word
    assert not library.apart(0, [2])  # a look
    assert library.apart(1, [2])


@pytest.mark.parametrize(
    ("names", "message"),
    [(["red bal"], r"no sprite 'red bal' among 8; near it: red ball"), (["ball"], "near it: red ball")],
)
def test_an_unknown_name_is_answered_with_near_ones(sprite_folder, names, message):
    with pytest.raises(SpriteError, match=message):
        Sprites.load(sprite_folder, names)


def test_bad_sprites_are_one_clear_line(tmp_path):
    with pytest.raises(SpriteError, match="no such font, icon set or folder"):
        Sprites.load(tmp_path / "none")
    with pytest.raises(SpriteError, match="holds no sprites"):
        Sprites.load(tmp_path)
    (tmp_path / "text.ttf").write_bytes(b"not a font")
    with pytest.raises(SpriteError, match="not a font with colour bitmaps"):
        Sprites.load(tmp_path / "text.ttf")
    PIL.Image.new("RGBA", (8, 8)).save(tmp_path / "ghost.png")
    with pytest.raises(SpriteError, match=r":ghost' \(ghost\) is transparent throughout"):
        Sprites.load(tmp_path).picture(0)
    (tmp_path / "ghost.png").write_bytes(b"\x89PNG")
    with pytest.raises(SpriteError, match=r":ghost' \(ghost\) cannot be decoded"):
        Sprites.load(tmp_path).picture(0)
    (tmp_path / "icons.json").write_text("[]")
    with pytest.raises(SpriteError, match=r"icons\.json: not an icon set of Iconify"):
        Sprites.load(tmp_path / "icons.json")


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
    assert drawn(chosen, "dog") == drawn(library, "dog face")
    apple = chosen.picture(chosen.places["apple"][0])
    assert np.asarray(apple.convert("RGB").resize((1, 1)))[0, 0].argmax() == 0  # red


@pytest.mark.parametrize(
    ("one", "many"),
    [("dog", "dogs"), ("slice of pizza", "slices of pizza"), ("cherry", "cherries"), ("toy", "toys"), ("fox", "foxes"),
     ("grapes", "grapes"), ("police bus", "police buses"),
     ("cross", "crosses"), ("fireman", "firemen"), ("oasis", "oases"), ("torch", "torches"), ("mouse", "mice")],
)  # fmt: skip
def test_plurals(one, many):
    assert plural(one) == many


def icon_set(folder) -> str:
    """Two drawings of cups in colour, one glyph, and icons that are no things."""
    disc = '<circle cx="8" cy="8" r="6" fill="{}"/>'
    bodies = {
        **{"tea-cup": disc.format("#d02020"), "tea-cups": "", "anchor": disc.format("currentColor")},
        **{"tea-cup-outline": disc.format("#d02020"), "arrow-up": "", "grinning-face": disc.format("#f0c010")},
    }
    icons = {name: {"body": body} for name, body in bodies.items()}
    whole = {"prefix": "demo", "width": 16, "height": 16, "icons": icons}
    groups = {"categories": {"Food & Drink": ["tea-cup"], "Smileys & Emotion": ["grinning-face"]}}
    (folder / "icons.json").write_text(json.dumps(whole))
    (folder / "metadata.json").write_text(json.dumps(groups))
    (folder / "info.json").write_text(json.dumps({"license": {"spdx": "CC0-1.0"}}))
    return str(folder / "icons.json")


def test_an_icon_set_gives_things_with_what_it_says_of_them(tmp_path):
    library = Sprites.load(icon_set(tmp_path))
    assert [(each.key, each.name, each.glyph, each.tags, each.licence) for each in library.drawings] == [
        ("demo:anchor", "anchor", True, (), "CC0-1.0"),
        ("demo:tea-cup", "tea cup", False, ("food and drink",), "CC0-1.0"),
    ]
    picture = np.asarray(library.picture(1))
    assert picture.shape == (162, 162, 4)  # 160 px and a soft pixel around
    assert picture[80, 80].tolist() == [208, 32, 32, 255]


def test_sources_are_one_library_whose_names_have_several_drawings(tmp_path, sprite_folder):
    (tmp_path / "more").mkdir()
    PIL.Image.open(sprite_folder / "red_ball.png").save(tmp_path / "more" / "cup_tea.png")
    sources = [SpriteSource(path=icon_set(tmp_path)), SpriteSource(path=str(tmp_path / "more"), licence="CC-BY-4.0")]
    library = Sprites.load(sources)
    assert library.names == ("anchor", "tea cup")  # "cup tea" is of the same words
    assert [library.drawings[number].licence for number in library.places["tea cup"]] == ["CC0-1.0", "CC-BY-4.0"]
    assert library.by_colour == ([library.places["tea cup"]], [library.places["anchor"]])


def test_clip_art_is_named_by_titles_in_plain_english(tmp_path):
    words = {"lighthouse": ("Lighthouse", "building", "ocean"), "faro": ("Faro", "building", "lighthouse"),
             "lighthouse_03": ("Part of a collection", "ocean", "lighthouse")}  # fmt: skip
    for name, (title, *keywords) in words.items():
        tags = "".join(f"<rdf:li>{word}</rdf:li>" for word in keywords)
        rect = '<rect width="4" height="8"/>'
        (tmp_path / f"{name}.svg").write_text(
            f'<svg xmlns="http://www.w3.org/2000/svg"><dc:title>{title}</dc:title>{tags}{rect}</svg>'
        )
    by_title, by_file = Sprites.load(tmp_path).drawings
    assert (by_title.key.partition(":")[2], by_title.name) == ("lighthouse.svg", "lighthouse")
    assert by_title.tags == ("building", "ocean")
    assert (by_file.key.partition(":")[2], by_file.name) == ("lighthouse_03.svg", "lighthouse")  # of a series


def test_what_cannot_be_drawn_is_left_out_of_scenes_and_named(tmp_path, caplog):
    whole = {"prefix": "bad", "icons": {"anchor": {"body": "<g"}, "sheet": {"body": '<rect width="16" height="16"/>'}}}
    (tmp_path / "icons.json").write_text(json.dumps(whole))
    library = Sprites.load(tmp_path / "icons.json")
    assert [library.usable(number) for number in range(2)] == [False, False]  # broken; and a page, no cut-out
    assert "sprite 'bad:anchor' (anchor) cannot be drawn" in caplog.text


@pytest.mark.parametrize(
    ("slug", "name"),
    [("red-apple", "red apple"), ("camera-retro-outline", None), ("account-plus", None), ("bat-wing", "bat wing"),
     ("abstract-034", None), ("farmer-medium-skin-tone", None), ("bird", None), ("arrow-up", None)],
)  # fmt: skip
def test_icons_that_show_things_are_named(slug, name):
    assert icon_name(slug, ()) == name


def test_titles_with_words_that_are_no_keywords_are_refused():
    words = Keywords(Counter({"cat": 2, "sleeping": 1, "anna": 2, "by": 2}))
    assert art_name("Sleeping_cat (small)", words) == "sleeping cat"
    assert art_name("Gatto", words) is None
    assert art_name("cat by Anna", words) is None


def write_wordnet(folder) -> str:
    """A few lines in WordNet's format: an animal, an artefact, an act, a person by that name, and an adjective."""
    nouns = {"cat": "05", "boot": "06", "running": "04", "bach": "18"}
    data = [f"{place:08d} {kind} n 01 {noun} 0 001 {'@i' if kind == '18' else '@'} 00000009 n 0000 | gloss"
            for place, (noun, kind) in enumerate(nouns.items(), 1)]  # fmt: skip
    index = [f"{noun} n 1 1 @ 1 0 {place:08d}  " for place, noun in enumerate(nouns, 1)]
    licence = "  1 This software and database is being provided to you"
    (folder / "data.noun").write_text("\n".join([licence, *data]))
    (folder / "index.noun").write_text("\n".join([licence, *index, ""]))
    (folder / "index.adj").write_text("\n".join([licence, "old a 1 1 ! 1 1 00000001  "]))
    return str(folder)


def test_a_name_is_of_a_thing_where_wordnet_has_its_head_as_one(tmp_path):
    wordnet = WordNet(write_wordnet(tmp_path))
    assert all(wordnet.thing(name) for name in ("cat", "old boots", "running boot", "boot of old", "newspaper"))
    assert not any(wordnet.thing(name) for name in ("running", "cat running", "bach", "old", "smitten"))
    assert wordnet.english("old cat")
    assert not wordnet.english("gatto")
    with pytest.raises(UserError, match=r"no WordNet: .*wordnet-base"):
        WordNet(tmp_path / "none")


def test_with_wordnet_icons_are_of_things_alone(tmp_path):
    icons = {name: {"body": '<circle cx="8" cy="8" r="6"/>'} for name in ("cat", "running", "smitten", "old-boot")}
    (tmp_path / "icons.json").write_text(json.dumps({"prefix": "demo", "icons": icons}))
    assert Sprites.load(tmp_path / "icons.json", None, write_wordnet(tmp_path)).names == ("cat", "old boot")


def test_names_of_related_things_share_a_concept():
    assert concept("automobiles") == concept("car")
    assert concept("slice of pizza") == {"slice", "pizza"}
    assert not concept("dog face") & concept("cat")


@pytest.mark.parametrize(
    ("noun", "word"), [("apple", "an"), ("unicorn", "a"), ("hourglass", "an"), ("dog", "a"), ("umbrella", "an")]
)
def test_articles(noun, word):
    assert article(noun) == word


def test_names_of_several_things_are_known():
    names = ["socks", "slices of pizza", "scissors", "bus", "glass", "compass", "house with gardens", "fish", "dog"]
    assert [name for name in names if is_plural(name)] == ["socks", "slices of pizza", "scissors"]
