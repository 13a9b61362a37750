"""All the scores of a document, tier by tier, from models that a worker process loads once.

The tiers are signals that need no large model, CLIP (inside relevance), a student that learnt a judge's opinion, and
the judge itself. All are `DimensionScorer`s, and each sees the scores of those before it in the document.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Protocol

from pydantic import Field, model_validator

from curation.config import Config
from curation.document import Document
from curation.scoring.background import NO_BACKGROUND, Background
from curation.scoring.balance import Balance
from curation.scoring.clip import Clip
from curation.scoring.complementarity import Complementarity
from curation.scoring.embed import Embedder
from curation.scoring.features import Features, Tools
from curation.scoring.judge import Judge, JudgeSettings
from curation.scoring.ocr import Ocr
from curation.scoring.quality import Quality
from curation.scoring.relevance import Relevance
from curation.scoring.student import Student, digest
from curation.text.language import LanguageModel


class ClipSettings(Config):
    """An open_clip model: its name and its checkpoint (a file, or a name of weights that open_clip knows and fetches).

    A model that is `local-dir:FOLDER` has its own checkpoint in the folder.
    """

    model: str = "ViT-B-32"
    checkpoint: str | None = None

    @model_validator(mode="after")
    def _has_weights(self) -> "ClipSettings":
        if self.checkpoint is None and not self.model.startswith("local-dir:"):
            raise ValueError(f"{self.model} needs a checkpoint: without one its weights would be random")
        return self


class ScoreSettings(Config):
    language_model: str = Field(description="path of lid.176.ftz or another fastText language identification model")
    ocr: bool = True
    ocr_languages: str | dict[str, str] = Field(
        "eng",
        description="tesseract's names joined by plus signs; or by a text's language: {ja: jpn+eng, other: eng}",
    )
    ocr_timeout: float = Field(20.0, gt=0, description="seconds for one image")
    embedding_model: str | None = Field(None, description="of the student; the packaged MiniLM if absent")
    clip: ClipSettings | None = None
    student: str | None = Field(None, description="folder that `vlforge distil` wrote")
    judge: JudgeSettings | None = None


class DimensionScorer(Protocol):
    """Gives its score in [0, 1] under its name and its signals under `name.signal`; without evidence, no score.

    Judge and student have an opinion of each dimension: `judge.quality`, `student.quality`, ...
    """

    name: str

    def score(self, features: Features) -> dict[str, float]: ...


class Scorer:
    """Scores documents; `background` says how rare each term is among them.

    Raises ConfigError when a model or program that the settings ask for is not there.
    """

    def __init__(self, settings: ScoreSettings, background: Background = NO_BACKGROUND):
        self.tools = Tools(
            language=LanguageModel(settings.language_model),
            ocr=Ocr(settings.ocr_languages, settings.ocr_timeout) if settings.ocr else None,
            background=background,
        )
        clip = Clip(settings.clip.model, settings.clip.checkpoint) if settings.clip else None
        self.scorers: list[DimensionScorer] = [Quality(), Relevance(clip), Complementarity(), Balance()]
        if settings.student:
            self.scorers.append(Student.load(settings.student, lambda: Embedder(settings.embedding_model)))
        self.judge = Judge(settings.judge) if settings.judge else None
        if self.judge:
            self.judge.check()

    def score(self, document: Document) -> Document:
        """The document with its language and scores. Raises MediaError if an image's bytes are gone or altered."""
        features = self._features(document)
        return _with(features.document, self.judge.score(features)) if self.judge else features.document

    def score_all(self, documents: Iterable[Document]) -> Iterator[Document | Exception]:
        """Each document scored, or what went wrong with it, in their order.

        While the judge is asked about some, the other tiers look at those that follow.
        """
        if not self.judge:
            yield from (item if isinstance(item, Exception) else item.document for item in map(self._try, documents))
            return
        tried: deque[Features | Exception] = deque()
        for verdict in self.judge.ask_all(self._tried(documents, tried), self.tools.read):
            while isinstance(item := tried.popleft(), Exception):
                yield item
            yield verdict if isinstance(verdict, Exception) else _with(item.document, verdict.scores())
        yield from (item for item in tried if isinstance(item, Exception))  # those after the last that was asked about

    def _tried(self, documents: Iterable[Document], tried: "deque[Features | Exception]") -> Iterator[Document]:
        """Those that can be asked about; all are noted in `tried`."""
        for document in documents:
            tried.append(item := self._try(document))
            if isinstance(item, Features):
                yield item.document

    def _try(self, document: Document) -> Features | Exception:
        try:
            return self._features(document)
        except Exception as error:  # one document's fault, which must not stop the others of its batch
            return error

    def _features(self, document: Document) -> Features:
        """Of the document with the scores of all tiers but the judge's."""
        features = Features(document, self.tools)
        features.document = _with(
            replace(document, language=features.language.code), {"language.confidence": features.language.confidence}
        )
        for scorer in self.scorers:
            features.document = _with(features.document, scorer.score(features))
        return features


def depends(settings: ScoreSettings) -> dict[str, Any]:
    """What the scores depend on: the settings without those that only say how a judge is reached and how fast, and
    the student itself in the place of its folder. Raises ConfigError where there is no student."""
    ways: dict[str, Any] = {
        "endpoint": {"base_url", "api_key_variable", "timeout", "max_retries"},
        "cache": True,
        "concurrency": True,
    }
    found = settings.model_dump(mode="json", exclude={"judge": ways})
    return found | {"student": digest(settings.student)} if settings.student else found


def _with(document: Document, scores: dict[str, float]) -> Document:
    """With these scores too, rounded so that no machine's last bit shows."""
    return document.with_scores(**{name: round(value, 4) for name, value in scores.items()})
