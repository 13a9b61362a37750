"""A proof that cannot fail is worth nothing: claims and media are altered in every way, and it must object.

Media are altered as a clever fault would: digests are recorded anew, and claims and turns agree with each other.
"""

import copy
import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import PIL.Image
import pytest

from curation.document import Document
from synth.generate import samples
from synth.grounding.generator import Grounding, GroundingSettings
from synth.grounding.library.sprites import Sprites
from synth.grounding.lies import CHANGES
from synth.grounding.proof import GroundingChecker
from synth.mutation import judge
from synth.prove import prove
from synth.sample import Claims, Sample, Unproven
from tests.synth.conftest import generate

SCENES = 24


@pytest.fixture(scope="module")
def all_views(settings) -> Grounding:
    return Grounding(settings.model_copy(update={"views": ("grounding", "vqa", "caption")}))


@pytest.fixture(scope="module")
def proven(all_views) -> list[Sample]:
    found = [sample for seed in range(SCENES) for sample in samples(all_views, "test", seed)]
    return [sample for sample in found if not isinstance(sample, Unproven)]


def test_the_proof_finds_at_least_99_in_100_lies(proven, all_views, capsys):
    told: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for seed, sample in enumerate(proven):
        for verdict in judge(sample.document, sample.contents, all_views.checker, np.random.default_rng(seed)):
            told[verdict.lie] += 1
            found[verdict.lie] += bool(verdict.found_by)
    with capsys.disabled():
        print(f"\nlies about scenes found: {found.total()} of {told.total()} ({found.total() / told.total():.2%})")
    assert told.total() > 600
    assert found.total() >= 0.99 * told.total()
    kinds = {lie.removeprefix("claimed ").partition("_")[0] for lie in told if lie.startswith("claimed")}
    assert {kind.partition("_")[0] for kind in CHANGES} <= kinds
    assert {lie: (found[lie], told[lie]) for lie in told if found[lie] < 0.95 * told[lie]} == {}


# Alterations of the media: (picture, buffer, claims) -> whether it applies. Arrays are changed in place.


def object_removed_from_picture(shown: np.ndarray, ids: np.ndarray, claims: Claims) -> None:
    """Painted over with the mean colour of what is around it, as an eraser would; the buffer still has it."""
    shown[ids == claims["objects"][0]["id"]] = shown[ids == 0].mean(0)


def picture_upside_down(shown: np.ndarray, ids: np.ndarray, claims: Claims) -> None:
    shown[:] = shown[::-1, ::-1].copy()


def picture_shifted(shown: np.ndarray, ids: np.ndarray, claims: Claims) -> None:
    shown[:] = np.roll(shown, 3, axis=0)


def all_but_the_picture_shifted(shown: np.ndarray, ids: np.ndarray, claims: Claims) -> None:
    """Buffer, boxes, points and placements agree with each other, but not with the picture."""
    if ids[:, -4:].any():
        ids[:, -4:] = 0
    ids[:] = np.roll(ids, 3, axis=1)
    for entry in claims["objects"]:
        entry["box"] = [edge + 3 * (place % 2 == 0) for place, edge in enumerate(entry["box"])]
        entry["point"][0] += 3
        entry["placement"]["x"] += 3


def object_erased_from_buffer(shown: np.ndarray, ids: np.ndarray, claims: Claims) -> None:
    ids[ids == claims["objects"][-1]["id"]] = 0


def object_invented_in_buffer(shown: np.ndarray, ids: np.ndarray, claims: Claims) -> None:
    free = np.argwhere(ids == 0)[0]
    ids[free[0], free[1]] = len(claims["objects"]) + 1


ALTERATIONS: list[Callable[[np.ndarray, np.ndarray, Claims], None]] = [
    object_removed_from_picture, picture_upside_down, picture_shifted, all_but_the_picture_shifted,
    object_erased_from_buffer, object_invented_in_buffer,
]  # fmt: skip


def altered(sample: Sample, alter: Callable, checker: GroundingChecker) -> tuple[Document, list[bytes]]:
    shown, ids = (np.array(PIL.Image.open(io.BytesIO(content))) for content in sample.contents)
    claims = copy.deepcopy(sample.document.proof["claims"])
    alter(shown, ids, claims)
    contents = [encoded(shown, "JPEG", quality=95), encoded(ids, "PNG")]
    return rewritten(sample.document, contents, claims, checker), contents


def rewritten(document: Document, contents: list[bytes], claims: Claims, checker: GroundingChecker) -> Document:
    media = tuple(
        replace(item, sha256=hashlib.sha256(data).hexdigest())
        for item, data in zip(document.media, contents, strict=True)
    )
    proof = {**document.proof, "claims": claims}
    return replace(document, turns=checker.turns(claims), media=media, proof=proof)


def encoded(pixels: np.ndarray, form: str, **options: Any) -> bytes:
    file = io.BytesIO()
    PIL.Image.fromarray(pixels).save(file, form, **options)
    return file.getvalue()


@pytest.mark.parametrize("alter", ALTERATIONS)
def test_media_that_show_something_else_are_refused(proven, all_views, alter):
    checker = all_views.checker
    for sample in proven[: 3 * 10]:
        assert prove(*altered(sample, alter, checker), checker, audit=False), alter.__name__


def test_unaltered_samples_pass_even_reencoded(proven, all_views):
    """The proof does not depend on the exact bytes: a picture written again as JPEG is still proven."""
    checker = all_views.checker
    for sample in proven[:20]:
        assert prove(sample.document, sample.contents, checker, audit=True) == []
        again = encoded(np.array(PIL.Image.open(io.BytesIO(sample.contents[0]))), "JPEG", quality=80)
        contents = [again, sample.contents[1]]
        document = rewritten(sample.document, contents, sample.document.proof["claims"], checker)
        assert prove(document, contents, checker, audit=False) == []


def test_a_checker_of_the_settings_alone_proves_what_the_generator_made(proven, all_views):
    checker = Grounding.make_checker(all_views.chosen)
    sample = proven[0]
    again = Document.from_json(sample.document.to_json())
    assert prove(again, sample.contents, checker, audit=True) == []


def test_another_library_is_refused(proven, sprite_folder):
    other = GroundingChecker(Sprites.load(sprite_folder, ["red ball", "green tree"]))
    failures = prove(proven[0].document, proven[0].contents, other, audit=False)
    assert [failure.check for failure in failures] == ["library"]


def damaged(claims: Claims) -> Iterator[Claims]:
    for key in ("objects", "questions", "style"):
        for value in (None, 3, "x", [1], [{}], {}):
            yield {**claims, key: value}
    yield {}


def test_damaged_claims_are_failures_not_tracebacks(proven, all_views):
    sample = proven[0]
    for claims in damaged(sample.document.proof["claims"]):
        document = replace(sample.document, proof={**sample.document.proof, "claims": claims})
        assert prove(document, sample.contents, all_views.checker, audit=False)


def test_glyphs_are_painted_and_known_by_their_colour(settings, tmp_path):
    """Painted pixels as oracle: an object that is called red has more red than anything else."""
    body = '<path fill="currentColor" d="M1 1h14v6H9v8H7V7H1z"/>'
    whole = {"prefix": "t", "icons": {"anchor": {"body": body}}}
    (tmp_path / "icons.json").write_text(json.dumps(whole))
    kinds = {"boxes": 1, "count": 1, "exists": 1, "refer": 1, "mask": 1}
    changed = {"sprites": str(tmp_path / "icons.json"), "kinds": kinds, "questions": (2, 6)}
    generator = Grounding(GroundingSettings.model_validate({**settings.model_dump(), **changed}))
    terms = set()
    for seed in range(20):
        sample = generate(generator, seed)
        shown, ids = (np.array(PIL.Image.open(io.BytesIO(content))) for content in sample.contents)
        for claim in sample.document.proof["claims"]["questions"]:
            if claim["kind"] == "boxes" and claim["query"] != "anchor":
                terms.add(claim["query"].split()[0])
                for id in claim["objects"]:
                    red, green, blue = np.median(shown[ids == id], 0)
                    if claim["query"] == "red anchor":
                        assert red > 2 * max(green, blue)
                    if claim["query"] == "blue anchor":
                        assert blue > 1.5 * red
    assert len(terms) >= 4
