"""All the scores of a document, from models that a worker process loads once."""

from dataclasses import replace
from typing import Protocol

from pydantic import Field, model_validator

from curation.config import Config
from curation.document import Document
from curation.scoring.balance import Balance
from curation.scoring.clip import Clip
from curation.scoring.complementarity import Complementarity
from curation.scoring.embed import Embedder
from curation.scoring.features import Features, Tools
from curation.scoring.ocr import Ocr
from curation.scoring.quality import Quality
from curation.scoring.relevance import Relevance
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
    ocr_languages: str = Field("eng", description="tesseract's names, joined by plus signs")
    ocr_timeout: float = Field(20.0, gt=0, description="seconds for one image")
    embeddings: bool = True
    embedding_model: str | None = Field(None, description="folder of a sentence encoder; the packaged MiniLM if absent")
    clip: ClipSettings | None = None


class DimensionScorer(Protocol):
    """Gives its score in [0, 1] under its name and its signals under `name.signal`; without evidence, no score."""

    name: str

    def score(self, features: Features) -> dict[str, float]: ...


class Scorer:
    """Scores documents. Raises ConfigError when a model or program that the settings ask for is not there."""

    def __init__(self, settings: ScoreSettings):
        self.tools = Tools(
            language=LanguageModel(settings.language_model),
            ocr=Ocr(settings.ocr_languages, settings.ocr_timeout) if settings.ocr else None,
            embedder=Embedder(settings.embedding_model) if settings.embeddings and settings.ocr else None,
        )
        clip = Clip(settings.clip.model, settings.clip.checkpoint) if settings.clip else None
        self.scorers: list[DimensionScorer] = [Quality(), Relevance(clip), Complementarity(), Balance()]

    def score(self, document: Document) -> Document:
        """The document with its language and scores. Raises MediaError if an image's bytes are gone or altered."""
        features = Features(document, self.tools)
        scores: dict[str, float] = {"language.confidence": features.language.confidence}
        for scorer in self.scorers:
            scores |= scorer.score(features)
        rounded = {name: round(value, 4) for name, value in scores.items()}  # so that no machine's last bit shows
        return replace(document, language=features.language.code, scores={**document.scores, **rounded})
