"""What becomes of a document: notes that the comparisons left to it are carried out."""

from curation.dedup.paragraphs import STAGE, ParagraphSettings, cut
from curation.dedup.profile import profile, repeated_within
from curation.document import Document
from curation.reject import Reject

REPEATED = "repeated paragraph"

Note = tuple[str, str, int]  # reason, detail, and the paragraph's number where only that is dropped


def apply(
    document: Document, notes: list[Note], settings: ParagraphSettings | None
) -> tuple[Document | None, list[Reject]]:
    """What is left of the document, None for one that is dropped, and a row for all that goes."""
    for reason, detail, paragraph in notes:
        if not paragraph:
            return None, [Reject("document", document.source.uri, STAGE, reason, detail, document.key)]
    if settings is None:
        return document, []
    everywhere = {number: detail for _, detail, number in notes if detail}
    paragraphs = profile(document, settings).paragraphs
    again = {(each.text, each.start) for each in repeated_within(paragraphs)}
    reasons = {
        (each.text, each.start): everywhere.get(each.number, "twice in this document")
        for each in paragraphs
        if each.number in everywhere or (each.text, each.start) in again
    }
    shorter, rejects = cut(document, reasons)
    words = len(profile(shorter, None).hashes)
    if words < settings.left:
        detail = f"{words} words are left, at least {settings.left}"
        rejects.append(Reject("document", document.source.uri, STAGE, "only repeated paragraphs", detail, document.key))
        return None, rejects
    return shorter, rejects
