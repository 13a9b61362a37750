"""The Document: a faithful JSON form, and a key that is the content's and nothing else's."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.document import Box, Document, Extent, Image, Media, Point, Source, Text, Time, Turn, Video
from curation.errors import DocumentError

IMAGE = Media("image", "png", 640, 480, "ab" * 32, "a/b.png", "/x/b.png", 512, 99)
VIDEO = Media("video", "mp4", 320, 240, "cd" * 32, "c.mp4", timestamps=(0.0, 0.5, 1.25))

numbers = st.floats(-1e6, 1e6)
forms = st.sampled_from(["json", "html", "plain", "xml"])
parts = st.one_of(
    st.builds(Text, st.text()),
    st.just(Image(0)),
    st.just(Video(1)),
    st.builds(Box, st.just(0), numbers, numbers, numbers, numbers, forms),
    st.builds(Point, st.just(0), numbers, numbers, forms),
    st.builds(Time, st.just(1), numbers, st.sampled_from(["seconds", "hmsf"])),
    st.just(Extent(0)),
)
turns = st.builds(Turn, st.sampled_from([None, "system", "user", "assistant", "tool"]), st.lists(parts).map(tuple))
documents = st.builds(
    Document,
    turns=st.lists(turns).map(tuple),
    media=st.just((IMAGE, VIDEO)),
    task=st.text(),
    language=st.text(max_size=3),
    source=st.builds(Source, st.text(), st.text(), st.text(), st.none() | st.integers(0, 2**62)),
    rejected=st.none() | turns,
    scores=st.dictionaries(st.text(), numbers),
    proof=st.dictionaries(st.text(), st.lists(st.integers())),
)


@given(documents)
def test_json_round_trip(document):
    assert Document.from_json(document.to_json()) == document


@given(documents)
def test_json_is_one_line(document):
    assert "\n" not in document.to_json()


@given(documents)
def test_equal_content_has_equal_keys_whatever_is_known_about_it(document):
    elsewhere = tuple(replace(media, uri="gs://bucket/t.tar", offset=7, origin="z") for media in document.media)
    annotated = replace(document, media=elsewhere, scores={"quality": 0.5}, source=Source("other"), language="de")
    assert annotated.key == document.key


@given(documents, documents)
def test_different_content_has_different_keys(one, other):
    same = (one.turns, one.rejected, one.task) == (other.turns, other.rejected, other.task)
    assert (one.key == other.key) == same


def test_whole_numbers_and_floats_are_the_same_content():
    whole = Document((Turn("user", (Box(0, 1, 2, 3, 4),)),), (IMAGE,))
    assert whole.key == Document((Turn("user", (Box(0, 1.0, 2.0, 3.0, 4.0),)),), (IMAGE,)).key
    assert Document.from_json(whole.to_json()).key == whole.key


def test_without_references_the_json_does_not_say_where_the_bytes_lie():
    document = Document((Turn(None, (Image(0),)),), (IMAGE,))
    stored = json.loads(document.to_json(references=False))["media"][0]
    assert stored["origin"] == "a/b.png"
    assert not {"uri", "offset", "length"} & set(stored)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((Image(1),), "Image names media 1 of a document that has 1"),
        ((Box(-1, 0, 0, 1, 1),), "Box names media -1"),
        ((Video(0),), "Video names media 0, whose kind is image"),
    ],
)
def test_a_part_must_name_media_that_the_document_has(parts, message):
    with pytest.raises(DocumentError, match=message):
        Document((Turn("user", parts),), (IMAGE,))


@pytest.mark.parametrize("change", [{"key": "0" * 32}, {"task": "other"}, {"turns": 3}, {"media": [{}]}])
def test_altered_json_is_refused(change):
    value = json.loads(Document((Turn(None, (Text("hello"),)),)).to_json())
    with pytest.raises(DocumentError):
        Document.from_json(json.dumps(value | change))


def test_an_unknown_part_or_role_is_refused():
    for turn in ({"role": "wizard", "parts": []}, {"role": None, "parts": [{"sound": 1}]}):
        value = json.loads(Document((Turn(None, ()),)).to_json()) | {"turns": [turn]}
        with pytest.raises(DocumentError):
            Document.from_json(json.dumps(value))
