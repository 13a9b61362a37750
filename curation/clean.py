"""Which documents go on: rules on text by name, applied in each document's own language."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pydantic import Field, model_validator

from curation.config import Config
from curation.document import Document
from curation.draft import Draft, Judges
from curation.reading.record import Record
from curation.reject import Reject
from curation.text.language import Language, LanguageModel
from curation.text.lines import LineChecker
from curation.text.markdown import apart
from curation.text.measures import Measures
from curation.text.presets import DATACOMP_CAPTION, PRESETS, Changes, Limits, Name, Preset, changed
from curation.text.rules import Checker, Fault

STAGE = "clean"
CONFIDENCE = "language.confidence"
FOUND = ("interleaved", "text", "caption")  # tasks whose text was found on the web; of others it was made


class CleanRules(Config):
    """Which rules on text apply: presets by name (`curation.text.presets`), and single limits set otherwise."""

    rules: tuple[Name, ...] = ("interleaved", "gopher", "gopher-repetition")
    changes: dict[Name, Changes] = Field({}, description="`gopher: {document: {min_words: 20, min_common_words: off}}`")
    captions: Limits = DATACOMP_CAPTION.document
    min_images: int = Field(1, ge=0, description="that an interleaved document names; OBELICS: 1")

    @model_validator(mode="after")
    def _consistent(self) -> "CleanRules":
        for name in self.changes:
            if name not in self.rules:
                raise ValueError(f"changes.{name}: this preset is not among the rules {', '.join(self.rules)}")
        for name, preset in self.presets().items():
            for limits in (preset.document, preset.node):
                least, most = limits.min_words, limits.max_words
                if least is not None and most is not None and least > most:
                    raise ValueError(f"{name}: min_words {least} is over max_words {most}")
        return self

    def presets(self) -> dict[Name, Preset]:
        """Those named, with what the job changes of them."""
        return {name: changed(PRESETS[name], self.changes.get(name, Changes())) for name in self.rules}


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The document, or None where it was rejected, and a row for all that was dropped.

    `inline` are the bytes, by media index, of images that the source itself holds: they have no URI until they are
    stored somewhere.
    """

    document: Document | None
    rejects: list[Reject]
    inline: Mapping[int, bytes] = field(default_factory=dict)


class Cleaner:
    """Applies the rules; it has no state, so one of them serves all documents of a worker."""

    def __init__(self, rules: CleanRules, languages: LanguageModel):
        presets = rules.presets()
        self.rules = rules
        self.languages = languages
        self._judges = Judges(
            lines=tuple(LineChecker(name, preset.line) for name, preset in presets.items() if preset.line.any()),
            nodes=tuple(Checker(name, preset.node) for name, preset in presets.items() if preset.node.any()),
        )
        self._documents = tuple(Checker(name, preset.document) for name, preset in presets.items())
        self._caption = Checker("captions", rules.captions)

    def clean(self, record: Record) -> Cleaned:
        """The document of a record: its text mended and cut, its images named but not looked at."""
        draft = Draft(record, self._judges, self.languages, STAGE)
        document = draft.document().with_scores(**{CONFIDENCE: draft.language.confidence})
        fault = self._fault(document, draft.measures(), draft.language)
        if fault is None:
            return Cleaned(document, draft.rejects, draft.inline)
        return Cleaned(None, [*draft.rejects, *_rejected(document, fault, record.uri)])

    def check(self, document: Document) -> Cleaned:
        """A document that comes as one: rules for whole documents only, and none for chats and generated samples."""
        prose, aside = apart(document.text)
        language = self.languages.identify(prose if prose.strip() else aside)
        document = replace(document, language=language.code).with_scores(**{CONFIDENCE: language.confidence})
        if document.task not in FOUND or any(turn.role for turn in document.turns):
            return Cleaned(document, [])
        fault = self._fault(document, Measures(prose, language.code, aside), language)
        return Cleaned(None, _rejected(document, fault, document.source.uri)) if fault else Cleaned(document, [])

    def _fault(self, document: Document, measures: Measures, language: Language) -> Fault | None:
        """Reason and detail of the first rule for whole documents that is broken."""
        images = len(document.images_shown())
        if not measures.words and not images:
            return "empty", "nothing was found, or nothing was left of it"
        least = {"caption": 1, "interleaved": self.rules.min_images}.get(document.task, 0)
        if images < least:
            return "too few images", f"{images} images, at least {least}"
        if document.task == "caption":
            return self._caption.fault(measures)
        faults = (
            checker.fault(measures)
            or _uncertain(checker, language)
            or _crowded(checker, document, images, measures.words)
            for checker in self._documents
        )
        return next(filter(None, faults), None)


def _uncertain(checker: Checker, language: Language) -> Fault | None:
    least = checker.limits.min_language_confidence
    if least is None or language.confidence >= least:
        return None
    detail = f"{language.code or 'none'} with {language.confidence:.2f}, at least {least} ({checker.name})"
    return "language uncertain", detail


def _crowded(checker: Checker, document: Document, images: int, words: float) -> Fault | None:
    """Too few words for more than two images, once it is known which of the images are kept."""
    least = (checker.limits.min_words_per_image or 0) * images
    if images <= 2 or words >= least or not all(media.seen for media in document.media):
        return None
    return "few words an image", f"{words:,.0f} words for {images} images, at least {least:,} ({checker.name})"


def _rejected(document: Document, fault: Fault, uri: str) -> list[Reject]:
    """Rows for the document and each of its images."""
    dataset = document.source.dataset
    images = [document.media[index].origin for index in document.images_shown()]
    return [
        *(Reject("image", uri, STAGE, "document rejected", origin, dataset=dataset) for origin in images),
        Reject("document", uri, STAGE, *fault, key=document.key, scores=document.scores, dataset=dataset),
    ]
