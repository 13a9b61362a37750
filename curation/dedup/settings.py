"""The settings of deduplication, all of them."""

from pydantic import Field

from curation.config import Config
from curation.dedup.contamination import ContaminationSettings
from curation.dedup.minhash import NearSettings
from curation.dedup.paragraphs import ParagraphSettings


class DedupSettings(Config):
    """Copies are always removed; near duplicates and repeated paragraphs unless they are set to null."""

    near: NearSettings | None = NearSettings()
    paragraphs: ParagraphSettings | None = ParagraphSettings()
    contamination: ContaminationSettings = Field(ContaminationSettings(), description="benchmarks to keep out")
