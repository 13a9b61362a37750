"""Rules for single lines of running text: a line that breaks one is cut, its document kept."""

import re

from curation.text.measures import ELLIPSES, SENTENCE_MARKS, Measures
from curation.text.presets import LineRules
from curation.text.rules import Fault
from curation.text.writing import Writing

QUOTATION_MARKS = ('"', "'", "”", "’", "»", "«", "“", "」", "』", "›")
DUPLICATE = "duplicate paragraph"
LONG_NOTICE = 500  # characters; what is longer says other things too
_CITATION = re.compile(r"(\[(\d*|edit|citation needed)\])+$")  # passed over at a line's end, as C4 does
# C4's six English phrases, then the same in other languages: looked for in any text, whatever its language.
POLICIES = (
    *("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies"),
    *("nutzungsbedingungen", "datenschutzerklärung", "verwendet cookies", "verwenden cookies"),
    *("conditions d'utilisation", "politique de confidentialité", "utilise des cookies", "utilisons des cookies"),
    *("términos de uso", "condiciones de uso", "política de privacidad", "política de cookies", "utilizamos cookies"),
    *("condizioni d'uso", "termini di utilizzo", "informativa sulla privacy", "utilizza cookie", "utilizza i cookie"),
    *("termos de uso", "política de privacidade", "utiliza cookies", "gebruiksvoorwaarden", "privacybeleid"),
    *("polityka prywatności", "polityką prywatności", "warunki korzystania", "plików cookie"),
    *("условия использования", "политика конфиденциальности", "файлы cookie", "файлов cookie"),
    *("利用規約", "プライバシーポリシー", "使用条款", "隐私政策", "使用條款", "隱私政策"),
    *("이용약관", "개인정보처리방침"),
    *("سياسة الخصوصية", "شروط الاستخدام", "ملفات تعريف الارتباط"),
)
NOTICES = (
    *("enable javascript", "javascript is disabled", "javascript is required", "javascript must be enabled"),
    "all rights reserved",
    *POLICIES,
)


class LineChecker:
    """Some rules for lines under the name of their preset; duplicates are known within a document (`seen`)."""

    def __init__(self, name: str, rules: LineRules):
        self.name = name
        self.rules = rules

    def fault(self, line: str, language: Writing, seen: set[str]) -> Fault | None:
        """Reason and detail of the first rule that a line without white space at its ends breaks."""
        reason = self._shape(line, language) or self._phrase(line) or self._duplicate(line, seen)
        return (reason, f"({self.name}) {line}") if reason else None

    def _shape(self, line: str, language: Writing) -> str | None:
        rules = self.rules
        if rules.max_word_length is not None and len(line) > rules.max_word_length:
            measures = Measures(line, language.code)
            if max(map(len, line.split())) > rules.max_word_length and not measures.is_unspaced:
                return "long word"
        if rules.end_mark and language.sentence_marks and not _ends(line):
            return "no end mark"
        if rules.min_words is not None and _count(line, language) < rules.min_words:
            return "short line"
        return None

    def _phrase(self, line: str) -> str | None:
        rules, line = self.rules, line.lower().replace("’", "'")
        if rules.javascript and "javascript" in line:
            return "javascript"
        if rules.policies and any(phrase in line for phrase in POLICIES):
            return "policy phrase"
        if rules.notices and len(line) < LONG_NOTICE and any(phrase in line for phrase in NOTICES):
            return "boilerplate phrase"
        return None

    def _duplicate(self, line: str, seen: set[str]) -> str | None:
        if not self.rules.duplicates:
            return None
        folded = line.casefold()
        if folded not in seen:
            seen.add(folded)
            return None
        return DUPLICATE if len(line) > 9 and Measures(line).prose_words >= 5 else None


def _ends(line: str) -> bool:
    line = _CITATION.sub("", line) if line.endswith("]") else line
    return line.endswith(SENTENCE_MARKS + QUOTATION_MARKS) and not line.endswith(ELLIPSES)


def _count(line: str, language: Writing) -> float:
    return len(line.split()) if line.isascii() else Measures(line, language.code).prose_words
