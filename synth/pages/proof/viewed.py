"""The proof of a page laid out by us together with what a view says of it."""

from collections.abc import Iterator

import numpy as np

from curation.document import Turn
from synth.notation.formulas.typeset import KATEX
from synth.pages import views
from synth.pages.proof.checker import PageChecker
from synth.sample import Checker, Claims, Evidence, Failure


class ViewedChecker(Checker):
    """First the page, by `PageChecker`; then its view, by the elements that were found."""

    checks = (*PageChecker.checks, "view")
    audits = PageChecker.audits

    def __init__(self, katex: str = KATEX):
        """`katex` as of `PageChecker`."""
        self._page = PageChecker(katex)

    def turns(self, claims: Claims) -> tuple[Turn, ...]:
        return views.turns(claims)

    def failures(self, claims: Claims, evidence: Evidence, audit: bool) -> Iterator[Failure]:
        yield from views.once(claims, evidence, audit, lambda: self._page.failures(claims, evidence, audit))
        yield from views.failures(claims)

    def mutations(self, claims: Claims, rng: np.random.Generator) -> Iterator[tuple[str, Claims]]:
        yield from views.mutations(claims, rng)
        for name, page in self._page.mutations(claims, rng):
            yield name, views.resaid(page)
