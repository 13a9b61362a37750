"""What may be used and what is masked: the settings of safety and rights, and the three moments they are applied at."""

from pydantic import Field

from curation.config import Config
from curation.document import Document
from curation.reading.record import Record
from curation.safety import words
from curation.safety.domains import BlockedDomains
from curation.safety.personal import KINDS, Kind, mask_document
from curation.safety.rights import Headers, LicenceRules, OptOutRules, licence_fault, opt_out
from curation.safety.words import SpamRules, WordLists, WordRules

Fault = tuple[str, str]  # reason and detail of a reject


class SafetySettings(Config):
    personal: tuple[Kind, ...] = Field(KINDS, description="what is masked")
    opt_out: OptOutRules | None = OptOutRules()
    licences: LicenceRules = LicenceRules()
    domains: tuple[str, ...] = Field((), description="lists of blocked domains: plain, hosts-file or AdBlock; .gz too")
    toxic: WordRules | None = None
    spam: WordRules | None = SpamRules()


class Safety:
    """The settings with their lists loaded; one a process is enough."""

    def __init__(self, settings: SafetySettings):
        """Raises ConfigError where a list is missing or empty."""
        self._settings = settings
        self._domains = BlockedDomains(settings.domains)
        rules = {"toxic words": settings.toxic, "spam words": settings.spam}
        self._words = {reason: (rule, WordLists(rule.path)) for reason, rule in rules.items() if rule}

    def admit(self, record: Record) -> Fault | None:
        """Why a record may not be used: `opt-out`, `blocked domain` or `licence`; before any work is spent on it."""
        return self.admits(record.uri, record.licence, record.headers, images=record.task != "text")

    def admits(self, uri: str, licence: str, headers: Headers = (), *, images: bool = True) -> Fault | None:
        """The same of what came without a record."""
        rules = self._settings.opt_out
        if rules and (said := opt_out(headers, rules, images=images)):
            return "opt-out", said
        if listed := self._domains.match(uri):
            return "blocked domain", f"{listed} is listed"
        if fault := licence_fault(licence, self._settings.licences):
            return "licence", fault
        return None

    def mask(self, document: Document) -> Document:
        """The document without personal data; its scores count what was masked (`pii.email`, ...)."""
        return mask_document(document, self._settings.personal) if self._settings.personal else document

    def fault(self, document: Document) -> Fault | None:
        """Why a document's words reject it: `toxic words` or `spam words`."""
        for reason, (rules, lists) in self._words.items():
            if fault := words.fault(lists.measure(document.text, document.language), rules):
                return reason, fault
        return None
