"""A proof that cannot fail is worth nothing: documents are altered in every way that matters, and it must object.

Alterations are made as a clever fault would: digests are recorded anew, and where a fault could touch turn, claim and
object alike, it does.
"""

import copy
import hashlib
import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import PIL.Image
import pytest

from curation.document import Box, Document, Point, Text, Turn
from synth.grounding import Sample
from synth.proof import check
from synth.sprites import Sprites
from synth.wording import plural

SCENES = 60


@dataclass
class Altered:
    """A sample taken apart: `turns` and `proof` may be changed in place, `shown` and `ids` are pixel arrays."""

    turns: list[Turn]
    proof: dict[str, Any]
    shown: np.ndarray
    ids: np.ndarray
    rng: np.random.Generator

    @property
    def objects(self) -> list[dict[str, Any]]:
        return self.proof["objects"]

    def claim(self, *kinds: str) -> dict[str, Any] | None:
        return next((claim for claim in self.proof["claims"] if claim["kind"] in kinds), None)

    def replace_text(self, turn: int, old: str, new: str) -> bool:
        """Every text part of a turn with `old` replaced; False where there was none."""
        before = self.turns[turn]
        parts = tuple(Text(p.text.replace(old, new)) if isinstance(p, Text) else p for p in before.parts)
        self.turns[turn] = Turn(before.role, parts)
        return self.turns[turn] != before

    def move_parts(self, turn: int, kind: type, dx: int) -> bool:
        parts = []
        for part in self.turns[turn].parts:
            if isinstance(part, Box) and kind is Box:
                part = replace(part, x1=part.x1 + dx, x2=part.x2 + dx)
            elif isinstance(part, Point) and kind is Point:
                part = replace(part, x=part.x + dx)
            parts.append(part)
        changed = tuple(parts) != self.turns[turn].parts
        self.turns[turn] = Turn(self.turns[turn].role, tuple(parts))
        return changed


def box_in_turn_shifted(it: Altered) -> bool:
    claim = it.claim("boxes", "list", "refer")
    return bool(claim) and it.move_parts(claim["turn"], Box, 3)


def box_shifted_everywhere(it: Altered) -> bool:
    """In the object, and in every answer that says it."""
    target = it.objects[it.rng.integers(len(it.objects))]
    old, target["box"] = target["box"], [edge + 3 * (place % 2 == 0) for place, edge in enumerate(target["box"])]
    for number, turn in enumerate(it.turns):
        parts = tuple(
            replace(part, x1=part.x1 + 3, x2=part.x2 + 3)
            if isinstance(part, Box) and [part.x1, part.y1, part.x2, part.y2] == old
            else part
            for part in turn.parts
        )
        it.turns[number] = Turn(turn.role, parts)
    return True


def point_shifted(it: Altered) -> bool:
    claim = it.claim("points", "count_points")
    return bool(claim) and it.move_parts(claim["turn"], Point, 3)


def label_in_answer_swapped(it: Altered) -> bool:
    claim = it.claim("boxes", "points", "list")
    if not claim or not claim["objects"]:
        return False
    names = {each["id"]: each["name"] for each in it.objects}
    other = next((name for name in names.values() if name != names[claim["objects"][0]]), "red ball")
    return other != names[claim["objects"][0]] and it.replace_text(claim["turn"], names[claim["objects"][0]], other)


def names_of_two_objects_swapped_everywhere(it: Altered) -> bool:
    """As if the generator had mistaken two sprites for each other: objects, claims and turns agree."""
    names = sorted({each["name"] for each in it.objects})
    if len(names) < 2:
        return False
    swap = {names[0]: names[1], names[1]: names[0]}
    for each in it.objects:
        each["name"] = swap.get(each["name"], each["name"])
    rename(it, swap)
    return True


def name_changed_everywhere(it: Altered) -> bool:
    names = {each["name"] for each in it.objects}
    old = sorted(names)[0]
    new = next(name for name in ("yellow star", "red ball", "green tree") if name not in names or name != old)
    if new in names:
        return False
    for each in it.objects:
        each["name"] = new if each["name"] == old else each["name"]
    rename(it, {old: new})
    return True


def rename(it: Altered, names: dict[str, str]) -> None:
    def renamed(text: str) -> str:
        marked = text
        for number, old in enumerate(names):
            marked = marked.replace(old, f"<{number}>").replace(old.capitalize(), f"<{number}!>")
        for number, new in enumerate(names.values()):
            marked = marked.replace(f"<{number}>", new).replace(f"<{number}!>", new.capitalize())
        return marked

    for claim in it.proof["claims"]:
        for key in ("query", "answer"):
            if isinstance(claim.get(key), str):
                claim[key] = renamed(claim[key])
    for number, turn in enumerate(it.turns):
        parts = tuple(Text(renamed(part.text)) if isinstance(part, Text) else part for part in turn.parts)
        it.turns[number] = Turn(turn.role, parts)


def count_off_by_one(it: Altered) -> bool:
    claim = it.claim("count", "count_points")
    if not claim:
        return False
    wrong = claim["answer"] + (1 if it.rng.random() < 0.5 or not claim["answer"] else -1)
    right, claim["answer"] = claim["answer"], wrong
    texts = list(it.turns[claim["turn"]].parts)
    assert isinstance(texts[-1], Text)
    head, found, tail = texts[-1].text.rpartition(str(right))
    texts[-1] = Text(head + str(wrong) + tail)
    it.turns[claim["turn"]] = Turn("assistant", tuple(texts))
    return bool(found)


def object_forgotten_in_a_list(it: Altered) -> bool:
    claim = it.claim("boxes", "points", "list")
    if not claim or len(claim["objects"]) < 2:
        return False
    claim["objects"] = claim["objects"][1:]
    parts = it.turns[claim["turn"]].parts
    it.turns[claim["turn"]] = Turn("assistant", (parts[0], *parts[3:]))
    return True


def yes_and_no_exchanged(it: Altered) -> bool:
    claim = it.claim("exists")
    if not claim:
        return False
    claim["answer"] = "no" if claim["answer"] == "yes" else "yes"
    claim["objects"] = [] if claim["answer"] == "no" else [1]
    old, new = ("Yes", "No") if claim["answer"] == "no" else ("No", "Yes")
    return it.replace_text(claim["turn"], old, new)


def absence_claimed_of_what_is_there(it: Altered) -> bool:
    claim = it.claim("absent")
    if not claim:
        return False
    present, old = it.objects[0]["name"], claim["query"]
    claim["query"] = present
    return it.replace_text(claim["turn"] - 1, old, present) and it.replace_text(claim["turn"], old, present)


def presence_claimed_of_what_is_absent(it: Altered) -> bool:
    """A box, of some other object, where there is none of the kind."""
    claim, box = it.claim("absent"), it.objects[0]["box"]
    if not claim:
        return False
    name, turn = claim["query"], claim["turn"]
    claim.update(kind="boxes", objects=[it.objects[0]["id"]], form="json")
    texts = Text('[{"bbox_2d": '), Text(f', "label": "{name}"}}]')
    it.turns[turn] = Turn("assistant", (texts[0], Box(0, *box), texts[1]))
    it.turns[turn - 1] = Turn(
        "user", (*it.turns[turn - 1].parts[: 2 * (turn == 1)], Text(f"Detect all {plural(name)}."))
    )
    return True


def question_changed(it: Altered) -> bool:
    claim = it.claim("boxes", "count", "points", "count_points", "exists")
    if not claim:
        return False
    other = next(name for name in ("yellow star", "red ball", "green tree") if name != claim["query"])
    return it.replace_text(claim["turn"] - 1, claim["query"], other)


def phrase_turned_round(it: Altered) -> bool:
    claim = it.claim("refer")
    if not claim:
        return False
    turned = claim["query"].replace("second", "<>").replace("third", "second").replace("<>", "third")
    opposites = (("left", "right"), ("top", "bottom"), ("above", "below"), ("largest", "smallest"))
    for one, other in opposites * (turned == claim["query"]):  # the second of three from the left is it from the right
        marked = turned.replace(one, "<>").replace(other, one)
        turned = marked.replace("<>", other)
    it.replace_text(claim["turn"] - 1, claim["query"], turned)
    claim["query"] = turned
    return True


def object_removed_from_picture(it: Altered) -> bool:
    """Painted over with the mean colour of what is around it, as an eraser would; the buffer still has it."""
    target = it.objects[it.rng.integers(len(it.objects))]
    mask = it.ids == target["id"]
    it.shown[mask] = it.shown[it.ids == 0].mean(0)
    return True


def object_never_painted(it: Altered) -> bool:
    """The picture turned upside down: what the buffer says is not there."""
    it.shown = np.ascontiguousarray(it.shown[::-1, ::-1])
    return True


def buffer_shifted(it: Altered) -> bool:
    """The buffer, boxes and answers three pixels aside, all in agreement with each other, but not with the picture."""
    it.ids = np.roll(it.ids, 3, axis=1)
    if it.ids[:, :3].any():
        return False
    for each in it.objects:
        each["box"] = [edge + 3 * (place % 2 == 0) for place, edge in enumerate(each["box"])]
    for number in range(len(it.turns)):
        it.move_parts(number, Box, 3)
        it.move_parts(number, Point, 3)
    for claim in it.proof["claims"]:
        if isinstance(claim["query"], list):
            claim["query"] = [edge + 3 * (place % 2 == 0) for place, edge in enumerate(claim["query"])]
    return True


def buffer_and_placements_shifted(it: Altered) -> bool:
    if not buffer_shifted(it):
        return False
    for each in it.objects:
        each["placement"]["x"] += 3
    return True


def picture_shifted(it: Altered) -> bool:
    it.shown = np.roll(it.shown, 3, axis=0)
    return True


def object_missing_from_proof(it: Altered) -> bool:
    it.objects.pop()
    return True


def object_erased_from_buffer(it: Altered) -> bool:
    """The buffer forgets an object that picture and proof still have."""
    target = it.objects[-1]
    it.ids = np.where(it.ids == target["id"], 0, it.ids).astype(np.uint8)
    return True


def pixel_count_changed(it: Altered) -> bool:
    it.objects[0]["pixels"] += 1
    return True


ALTERATIONS: list[Callable[[Altered], bool]] = [
    box_in_turn_shifted, box_shifted_everywhere, point_shifted, label_in_answer_swapped,
    names_of_two_objects_swapped_everywhere, name_changed_everywhere, count_off_by_one, object_forgotten_in_a_list,
    yes_and_no_exchanged, absence_claimed_of_what_is_there, presence_claimed_of_what_is_absent, question_changed,
    phrase_turned_round, object_removed_from_picture, object_never_painted, buffer_shifted,
    buffer_and_placements_shifted, picture_shifted, object_missing_from_proof, object_erased_from_buffer,
    pixel_count_changed,
]  # fmt: skip


def alter(sample: Sample, alteration: Callable[[Altered], bool], seed: int) -> tuple[Document, list[bytes]] | None:
    """The altered sample with digests recorded anew, or None where the alteration does not apply to it."""
    document = sample.document
    shown, ids = (np.array(PIL.Image.open(io.BytesIO(content))) for content in sample.contents)
    proof = copy.deepcopy(dict(document.proof))
    it = Altered(list(document.turns), proof, shown, ids, np.random.default_rng(seed))
    if not alteration(it):
        return None
    contents = list(sample.contents)
    if it.shown is not shown or (it.shown != np.array(PIL.Image.open(io.BytesIO(sample.contents[0])))).any():
        contents[0] = encoded(it.shown, "JPEG", quality=95)
    if it.ids is not ids:
        contents[1] = encoded(it.ids, "PNG")
    media = [
        replace(item, sha256=hashlib.sha256(data).hexdigest())
        for item, data in zip(document.media, contents, strict=True)
    ]
    return replace(document, turns=tuple(it.turns), proof=it.proof, media=tuple(media)), contents


def encoded(pixels: np.ndarray, form: str, **options: Any) -> bytes:
    file = io.BytesIO()
    PIL.Image.fromarray(pixels).save(file, form, **options)
    return file.getvalue()


def rate(samples: list[Sample], sprites: Sprites) -> dict[str, tuple[int, int]]:
    """Alteration -> (caught, made)."""
    made: Counter[str] = Counter()
    caught: Counter[str] = Counter()
    for alteration in ALTERATIONS:
        for seed, sample in enumerate(samples):
            altered = alter(sample, alteration, seed)
            if altered:
                made[alteration.__name__] += 1
                caught[alteration.__name__] += bool(check(*altered, sprites))
    return {name: (caught[name], made[name]) for name in made}


@pytest.fixture(scope="module")
def samples(grounding) -> list[Sample]:
    return [grounding.generate(seed) for seed in range(SCENES)]


def test_the_proof_catches_at_least_99_in_100_altered_samples(samples, sprites, capsys):
    rates = rate(samples, sprites)
    caught, made = (sum(numbers) for numbers in zip(*rates.values(), strict=True))
    with capsys.disabled():
        print(f"\nmutated grounding samples caught: {caught} of {made} ({caught / made:.2%})")
        for name, (found, of) in rates.items():
            print(f"  {name:45} {found:4} of {of}")
    assert set(rates) == {alteration.__name__ for alteration in ALTERATIONS}
    assert made > 600
    assert caught >= 0.99 * made
    assert all(found >= 0.95 * of for found, of in rates.values())


def test_unaltered_samples_pass_even_reencoded(samples, sprites):
    """The proof does not depend on the exact bytes: a picture written again as JPEG is still proven."""
    for sample in samples[:20]:
        assert check(sample.document, sample.contents, sprites) == []
        again = encoded(np.array(PIL.Image.open(io.BytesIO(sample.contents[0]))), "JPEG", quality=80)
        media = (replace(sample.document.media[0], sha256=hashlib.sha256(again).hexdigest()), sample.document.media[1])
        document = replace(sample.document, media=media)
        assert check(document, [again, sample.contents[1]], sprites) == []


def test_bytes_that_are_not_those_recorded_are_refused(samples, sprites):
    sample = samples[0]
    failures = check(sample.document, [sample.contents[0] + b" ", sample.contents[1]], sprites)
    assert [failure.check for failure in failures] == ["media"]


def test_another_library_is_refused(samples, sprite_folder):
    sample = samples[0]
    failures = check(sample.document, sample.contents, Sprites.load(sprite_folder, ["red ball", "green tree"]))
    assert [failure.check for failure in failures] == ["library"]


@pytest.mark.parametrize("proof", [{}, {"library": 1}, None, "proof"])
def test_a_proof_of_the_wrong_shape_is_a_failure_not_a_traceback(samples, sprites, proof):
    document = replace(samples[0].document, proof=proof)
    assert check(document, samples[0].contents, sprites)


@pytest.mark.parametrize("key", ["objects", "claims", "style"])
@pytest.mark.parametrize("value", [None, 3, "x", [1], [{}], {}])
def test_a_damaged_part_of_the_proof_is_a_failure_not_a_traceback(samples, sprites, key, value):
    document = replace(samples[0].document, proof={**samples[0].document.proof, key: value})
    assert check(document, samples[0].contents, sprites)
