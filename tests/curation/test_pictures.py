"""Pictures: what they are known by, when two are the same, what becomes of each and of its document."""

import io
import tarfile
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFilter
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from curation.document import Box, Document, Image, Media, Source, Text, Turn
from curation.errors import MediaError, UserError
from curation.images import benchmarks
from curation.images.benchmarks import Benchmark, print_of, read_prints, write_prints
from curation.images.cutting import without
from curation.images.guard import Guard
from curation.images.looker import ImageSettings, Looker
from curation.images.pictures import (
    Fault,
    Known,
    PictureRules,
    Sight,
    UnsafeRules,
    answer,
    cut,
    decide,
    look,
    request,
    sign,
)
from curation.images.prints import (
    Prints,
    SameRules,
    bands,
    difference,
    grey,
    hamming,
    jaccard,
    near_pairs,
    phash,
    prefix,
)
from curation.media import decode
from tests.conftest import encode, png
from tests.curation.hostile import fickle

HASHES = st.integers(0, 2**64 - 1)


def photograph(seed: int, width: int = 320, height: int = 240) -> PIL.Image.Image:
    """Soft shapes in colours, as far as a perceptual hash can tell a photograph."""
    rng = np.random.default_rng(seed)
    small = PIL.Image.fromarray(rng.integers(0, 256, (7, 9, 3), dtype=np.uint8))
    return small.resize((width, height), PIL.Image.Resampling.BICUBIC)


def drawing(step: int) -> PIL.Image.Image:
    """A frame, and within it a small square that moves from step to step."""
    picture = PIL.Image.new("RGB", (400, 300), "white")
    pen = PIL.ImageDraw.Draw(picture)
    pen.rectangle((20, 20, 380, 280), outline="black", width=6)
    pen.rectangle((20, 20, 380, 60), fill="navy")
    pen.rectangle((60 + 30 * step, 150, 85 + 30 * step, 175), fill="red")
    return picture


# --- perceptual hashes ---


@pytest.mark.parametrize("seed", range(20))
def test_the_hash_is_that_of_imagehash(seed):
    imagehash = pytest.importorskip("imagehash")
    picture = photograph(seed, 100 + 37 * seed, 90 + 11 * seed)
    assert phash(grey(picture)) == int(str(imagehash.phash(picture)), 16)


def test_a_picture_without_structure_has_none():
    assert phash(grey(PIL.Image.new("RGB", (100, 100), "teal"))) is None
    assert phash(grey(photograph(0))) is not None


COPIES = {
    "jpeg": lambda picture: decode(encode(picture, "JPEG", quality=60)),
    "webp": lambda picture: decode(encode(picture, "WEBP", quality=60)),
    "half": lambda picture: picture.resize((picture.width // 2, picture.height // 2)),
}


@pytest.mark.parametrize("copy", COPIES)
def test_a_recompressed_or_resized_copy_is_the_same_picture(copy):
    for picture in (*map(photograph, range(10)), *map(drawing, range(4))):
        one, other = print_of(b"one", picture), print_of(b"other", COPIES[copy](picture))
        assert one.same(other, SameRules())


def test_steps_of_a_drawing_are_told_apart_where_the_hash_alone_fails():
    prints = [print_of(bytes([step]), drawing(step)) for step in range(8)]
    pairs = [(a, b) for number, a in enumerate(prints) for b in prints[:number]]
    assert any(hamming(a.phash, b.phash) <= 4 for a, b in pairs)
    assert not any(a.same(b, SameRules()) for a, b in pairs)
    assert any(a.same(b, SameRules(difference=255)) for a, b in pairs)


@given(HASHES, st.sets(st.integers(0, 63), max_size=8))
def test_near_hashes_share_a_band(value, flipped):
    other = value
    for bit in flipped:
        other ^= 1 << bit
    assert hamming(value, other) == len(flipped)
    for distance in range(len(flipped), 10):
        assert set(bands(value, distance)) & set(bands(other, distance))


@given(st.lists(HASHES, max_size=12), st.lists(st.integers(0, 63), max_size=12), st.integers(0, 6))
def test_near_pairs_are_all_pairs_that_are_near(hashes, bits, distance):
    hashes += [value ^ 1 << bit for value, bit in zip(hashes, bits, strict=False)]
    every = {(i, j) for j in range(len(hashes)) for i in range(j) if hamming(hashes[i], hashes[j]) <= distance}
    found = list(near_pairs(hashes, distance, block=5))
    assert len(found) == len(every)
    assert set(found) == every


@given(st.sets(st.sampled_from("abcdefghij"), min_size=1), st.sets(st.sampled_from("abcdefghij"), min_size=1))
def test_sets_that_are_alike_share_a_token_of_their_prefixes(one, other):
    for similarity in (0.3, 0.5, 0.8, 1.0):
        if jaccard(one, other) >= similarity:
            assert set(prefix(one, similarity)) & set(prefix(other, similarity))


# --- benchmarks ---


def _folder(path: Path, files: list[bytes]) -> Path:
    (path / "deep").mkdir(parents=True)
    for number, data in enumerate(files):
        (path / "deep" / f"{number}.png").write_bytes(data)
    (path / "broken.png").write_bytes(b"no picture")
    return path


def _tar(path: Path, files: list[bytes]) -> Path:
    with tarfile.open(path.with_suffix(".tar"), "w") as tar:
        for number, data in enumerate(files):
            member = tarfile.TarInfo(f"{number}.png")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path.with_suffix(".tar")


def _table(path: Path, files: list[bytes]) -> Path:
    table = pa.table({"image": [{"bytes": data, "path": "x"} for data in files], "question": ["What?"] * len(files)})
    pq.write_table(table, path.with_suffix(".parquet"))
    return path.with_suffix(".parquet")


@pytest.mark.parametrize("store", [_folder, _tar, _table])
def test_a_benchmark_is_known_again_however_it_is_kept(store, tmp_path):
    pictures = [photograph(seed) for seed in range(3)]
    path = store(tmp_path / "set", [encode(picture) for picture in pictures])
    named = read_prints(Benchmark(name="mmtest", path=path))
    write_prints(tmp_path / "prints.parquet", named)
    again = read_prints(Benchmark(name="mmtest", path=tmp_path / "prints.parquet"))
    assert sorted(again, key=str) == sorted(named, key=str)
    prints = Prints(again, SameRules())
    assert [prints.find(print_of(b"", COPIES["jpeg"](picture))) for picture in pictures] == ["mmtest"] * 3
    assert prints.find(print_of(b"", photograph(99))) is None


def test_a_benchmark_without_pictures_is_an_error(tmp_path):
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "empty", tmp_path / "absent"):
        with pytest.raises(UserError, match=str(path)):
            read_prints(Benchmark(name="mmtest", path=path))


# --- the child process ---


def test_a_crash_or_hang_costs_one_call():
    guard = Guard(fickle, seconds=0.5)
    assert guard(b"hello") == b"hello"
    for order, reason in ((b"crash", "crashed"), (b"leave", "crashed"), (b"hang", "timed out")):
        with pytest.raises(MediaError) as error:
            guard(order)
        assert error.value.reason == reason
        assert guard(b"still here") == b"still here"
    guard.close()


def test_a_child_serves_many_calls_of_any_size():
    guard = Guard(fickle)
    child = guard(b"process")
    large = bytes(5_000_000)
    assert guard(large) == large
    assert guard(b"") == b""
    assert guard(b"print") == b"print"
    for order, reason in ((b"refuse", "svg"), (b"fail", "corrupt"), (b"gorge", "corrupt")):
        with pytest.raises(MediaError) as error:
            guard(order)
        assert error.value.reason == reason
    assert guard(b"process") == child
    guard.close()


# --- looking ---


def test_a_look_tells_all_that_is_needed_later():
    data = encode(photograph(1), "JPEG")
    media, known, thumbnail = answer(look(request(data, 1 << 20, True)))
    assert (media.format, media.width, media.height) == ("jpg", 320, 240)
    assert known == print_of(data, decode(data))
    assert np.array_equal(thumbnail, decode(data).resize((256, 256), PIL.Image.Resampling.BILINEAR))
    assert answer(look(request(data, 1 << 20, False)))[2] is None
    with pytest.raises(MediaError, match="too large"):
        look(request(data, 320 * 240 - 1, False))


def test_a_looker_gives_every_picture_its_answer(tmp_path):
    files = {"good.png": png(70, 70), "short.png": png(300, 300)[:1000], "long.png": bytes(3000)}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    looker = Looker(ImageSettings(rules=PictureRules(max_bytes=20_000)))
    unseen = [Media.unseen("image", name, str(tmp_path / name)) for name in (*files, "absent.png")]
    unseen.append(Media("image", "png", 70, 70, "0" * 64, "good.png", str(tmp_path / "good.png")))
    unseen.append(Media.unseen("image", "whole.png", str(tmp_path / "good.png"), 0, 20_001))
    found = [item.found for item in looker([(media, looker.read(media)) for media in unseen])]
    looker.close()
    assert isinstance(found[0], Sight)
    assert (found[0].media.width, found[0].media.origin, found[0].media.uri) == (70, "good.png", unseen[0].uri)
    reasons = [item.reason for item in found if isinstance(item, Fault)]
    assert reasons == ["truncated", "corrupt", "missing", "altered", "too large"]


# --- deciding ---


def seen(name: str, width: int = 200, height: int = 200, **known: object) -> Sight:
    return Sight(Media("image", "png", width, height, name * 64, f"{name}.png"), **known)


def document(*names: str, words: int = 100, **fields: object) -> Document:
    """A paragraph, then the images, a paragraph after each."""
    media = tuple(Media.unseen("image", f"{name}.png", f"/x/{name}.png") for name in dict.fromkeys(names))
    places = {name: index for index, name in enumerate(dict.fromkeys(names))}
    parts: list[Text | Image] = [Text("word " * words)]
    for name in names:
        parts += [Text("\n\n"), Image(places[name]), Text(f"\n\nAfter {name}.")]
    return Document((Turn(None, tuple(parts)),), media, source=Source("https://a.org/page.html"), **fields)


def faults(
    page: Document, *found: Sight | Fault, known=None, rules=None, unsafe=None
) -> tuple[dict[int, str], str | None]:
    """The reasons why places are cut, and that why the document is dropped."""
    verdict = decide(sign(page), dict(enumerate(found)), known or {}, rules or PictureRules(), unsafe)
    return {place: fault.reason for place, fault in verdict.cuts.items()}, verdict.fault and verdict.fault.reason


def test_bad_pictures_are_cut_each_for_its_reason():
    sights = [
        seen("a"),
        seen("b", 63),
        seen("c", 200, 1001),
        seen("d", 30_000, 30_000),
        Fault("missing", "no such file"),
    ]
    cuts, whole = faults(document(*"abcde"), *sights)
    assert cuts == {1: "small", 2: "aspect", 3: "large side", 4: "missing"}
    assert whole is None


def test_a_picture_shown_again_is_cut_there():
    assert faults(document("a", "b", "a"), seen("a"), seen("b")) == ({2: "duplicate image"}, None)
    near = {"b" * 64: Known("a" * 64)}
    assert faults(document("a", "b"), seen("a"), seen("b"), known=near) == ({1: "duplicate image"}, None)


def test_a_frequent_picture_is_cut_everywhere():
    known = {"a" * 64: Known("a" * 64, 11)}
    assert faults(document("a", "b"), seen("a"), seen("b"), known=known) == ({0: "frequent image"}, None)


def test_a_benchmark_takes_its_document_along():
    cuts, whole = faults(document("a", "b"), seen("a", benchmark="mmtest"), seen("b"))
    assert whole == "benchmark image mmtest"
    assert cuts == {0: whole}


def test_unsafe_pictures_are_cut_or_take_their_document_along():
    sights = [seen("a", unsafe=0.1), seen("b", unsafe=0.9)]
    assert faults(document("a", "b"), *sights, unsafe=UnsafeRules(model="m")) == ({1: "unsafe"}, None)
    assert faults(document("a", "b"), *sights, unsafe=UnsafeRules(model="m", whole=True))[1] == "unsafe"
    assert decide(sign(document("a", "b")), dict(enumerate(sights)), {}, PictureRules()).unsafe == 0.9


def test_documents_keep_to_the_number_of_images_left():
    small = seen("a", 10, 10)
    assert faults(document("a"), small)[1] == "too few images"
    assert faults(document("a", task="text"), small)[1] is None
    many = [seen(name) for name in "abc"]
    assert faults(document(*"abc"), *many, rules=PictureRules(max_images=2))[1] == "too many images"
    spare = PictureRules(words_per_image=50)
    assert faults(document(*"abc", words=100), *many, rules=spare)[1] == "too few words an image"
    assert faults(document(*"abc", words=200), *many, rules=spare)[1] is None


def test_nothing_is_cut_out_of_a_conversation_or_a_document_with_boxes():
    media = (Media.unseen("image", "a.png", "/x/a.png"),)
    chat = Document((Turn("user", (Image(0), Text("What?"), Image(0))), Turn("assistant", (Text("A cat."),))), media)
    boxes = Document((Turn(None, (Image(0), Box(0, 1, 1, 9, 9))),), media)
    for bound in (chat, boxes):
        assert faults(bound, seen("a")) == ({}, None)
        assert faults(bound, seen("a"), known={"a" * 64: Known("a" * 64, 99)}) == ({}, None)
        assert faults(bound, Fault("corrupt", "x"))[1] == "corrupt"


def test_presets_are_the_published_values():
    obelics = PictureRules(preset="obelics")
    assert (obelics.min_side, obelics.max_side, obelics.max_aspect) == (150, 20_000, 2)
    assert (obelics.min_images, obelics.max_images) == (1, 30)
    omnicorpus = PictureRules(preset="omnicorpus")
    assert (omnicorpus.min_side, omnicorpus.max_aspect, omnicorpus.words_per_image) == (150, 2, 50)
    datacomp = PictureRules(preset="datacomp")
    assert (datacomp.min_side, datacomp.max_aspect) == (200, 3)
    assert PictureRules(preset="obelics", min_side=99).min_side == 99
    with pytest.raises(ValidationError, match="min_images 40 is over max_images 30"):
        PictureRules(min_images=40)


# --- cutting ---


def pieces(*parts: Text | Image, places: set[int]) -> list[str | int]:
    count = sum(isinstance(part, Image) for part in parts)
    media = tuple(Media("image", "png", 9, 9, str(number), str(number)) for number in range(count))
    left = without(Document((Turn(None, parts),), media), places)
    return [part.text if isinstance(part, Text) else int(left.media[part.media].sha256) for part in left.turns[0].parts]


def test_the_text_closes_over_an_image_that_was_cut():
    def around(before: str, after: str) -> list[str | int]:
        return pieces(Text(before), Image(0), Text(after), places={0})

    assert around("one\n\n", "\n\ntwo") == ["one\n\ntwo"]
    assert around("press ", " to go on") == ["press to go on"]
    assert around("one\n- ", "\n- two") == ["one\n- two"]
    assert around("one\n\n## ", "\n\ntwo") == ["one\n\ntwo"]
    assert around("one\n- ", "\n  - two") == ["one\n  - two"]
    assert around("one\n\n", "") == ["one"]
    assert pieces(Image(0), Text("\n\nb"), places={0}) == ["b"]
    assert pieces(Image(0), Text("\n\n"), Image(1), Text("\n\nb"), places={1}) == [0, "\n\nb"]
    assert pieces(Image(0), Image(1), places={0, 1}) == []


@given(
    st.lists(st.one_of(st.none(), st.sampled_from(["a", " b ", "\n\n", "c\n\n", "\n- d", "- "])), max_size=9), st.data()
)
def test_nothing_but_white_space_and_markers_goes_with_the_images(plan, data):
    parts = [Text(piece) if piece else Image(sum(p is None for p in plan[:n])) for n, piece in enumerate(plan)]
    count = sum(piece is None for piece in plan)
    places = data.draw(st.sets(st.integers(0, count - 1)) if count else st.just(set()))
    left = pieces(*parts, places=places)
    assert [piece for piece in left if isinstance(piece, int)] == sorted(set(range(count)) - places)
    letters = "".join(piece for piece in left if isinstance(piece, str))
    whole = "".join(piece for piece in plan if piece)
    assert [c for c in letters if c.isalpha()] == [c for c in whole if c.isalpha()]
    if not places:
        assert letters == whole


def test_a_document_goes_on_with_its_pictures_seen():
    page = document("a", "b")
    verdict = decide(sign(page), {0: seen("a", 10, 10), 1: seen("b", unsafe=0.25)}, {}, PictureRules())
    left = cut(page, verdict)
    assert [media.origin for media in left.media] == ["b.png"]
    assert left.media[0].seen
    assert left.scores == {"nsfw.max": 0.25}
    assert left.text.endswith("After a.\n\n\n\nAfter b.")
    assert left.task == "interleaved"
    assert cut(page, decide(sign(page), {0: Fault("x", ""), 1: Fault("x", "")}, {}, PictureRules())).task == "text"


def test_greys_differ_by_their_worst_place():
    one = PIL.Image.new("L", (32, 32), 100)
    other = one.copy()
    other.putpixel((5, 5), 160)
    assert difference(one.tobytes(), other.tobytes()) == 60
    assert benchmarks.SCHEMA.field("grey").type.byte_width == len(grey(one))
