"""Rules on text beside datatrove and data-juicer: documents a CPU-second in one run, and how far decisions agree.

python -m tests.bench.rules_rate [--documents 5000] [--language-model lid.176.ftz]

Every library judges the same documents, held in memory, with rules alone: no reading, no writing, no engine around
them. The first run makes an environment for each peer (2.3 GB).
"""

import argparse
import json
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from curation.clean import Cleaner, CleanRules
from curation.reading.record import Block, Record
from curation.text.language import LanguageModel
from curation.text.lines import LineChecker
from curation.text.measures import Measures
from curation.text.presets import PRESETS, Changes, Limits, LineRules, changed
from curation.text.rules import Checker
from curation.text.writing import writing
from tests.bench.peers import DATA_JUICER, DATATROVE, documents, environment

HERE = Path(__file__).parent
Judge = Callable[[str], str | None]  # the reason why a text is dropped


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=5000)
    parser.add_argument("--folder", type=Path, default=Path("build/bench"))
    parser.add_argument("--language-model", type=Path)
    arguments = parser.parse_args()
    path = documents(arguments.documents, arguments.folder)
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for name, peer, judge in (("datatrove", _datatrove, web_rules()), ("data-juicer", _data_juicer, ratio_rules())):
        theirs = peer(path)
        seconds, dropped = _measure(judge, rows)
        rate, their_rate = len(rows) / seconds, len(rows) / theirs["seconds"]
        print(f"{name}: {their_rate:,.0f} documents a CPU-second")
        print(f"  vlforge, the same work: {rate:,.0f}, {rate / their_rate:.1f} times as many")
        _compare(rows, dropped, theirs["dropped"])
    if arguments.language_model:
        cleaner = Cleaner(
            CleanRules(rules=tuple(PRESETS)[1:4], min_images=0), LanguageModel(str(arguments.language_model))
        )
        records = [_record(row) for row in rows]
        start = time.process_time()
        kept = sum(cleaner.clean(record).document is not None for record in records)
        rate = len(rows) / (time.process_time() - start)
        print(f"whole cleaning (Unicode repair, language, rules, document): {rate:,.0f} a CPU-second, {kept:,} kept")


def web_rules() -> Judge:
    """Gopher's repetition and quality, C4 without end marks, FineWeb, in the order in which datatrove's examples go."""
    c4 = changed(PRESETS["c4-datatrove"], Changes(line=LineRules(end_mark=None)))
    before = [Checker(name, PRESETS[name].document) for name in ("gopher-repetition", "gopher")]
    after = [Checker("c4", c4.document), Checker("fineweb", PRESETS["fineweb"].document)]
    line = LineChecker("c4", c4.line)

    def judge(text: str) -> str | None:
        measures = Measures(text, "en")
        for checker in before:
            if fault := checker.fault(measures):
                return f"{checker.name}: {fault[0]}"
        kept = [one for one in measures.lines if not line.fault(one, writing("en"), set())]
        measures = measures if len(kept) == len(measures.lines) else Measures("\n".join(kept), "en")
        for checker in after:
            if fault := checker.fault(measures):
                return f"{checker.name}: {fault[0]}"
        return "c4: too few sentences" if not kept else None

    return judge


def ratio_rules() -> Judge:
    """What data-juicer's filters of characters, words and lines look at."""
    limits = Limits(
        min_words=50,
        max_words=100_000,
        max_newlines_per_word=0.5,
        max_special_characters=0.275,
        min_function_words=0.35,
        max_repeated_5grams=0.2,
        max_repeated_10_characters=0.1,
    )
    checker = Checker("ratios", limits)

    def judge(text: str) -> str | None:
        fault = checker.fault(Measures(text, "en"))
        return fault[0] if fault else None

    return judge


def _measure(judge: Judge, rows: list[dict]) -> tuple[float, dict[str, str]]:
    judge(rows[0]["text"])
    start = time.process_time()
    reasons = [judge(row["text"]) for row in rows]
    seconds = time.process_time() - start
    return seconds, {row["id"]: reason for row, reason in zip(rows, reasons, strict=True) if reason}


def _datatrove(path: Path) -> dict:
    return _run(environment("datatrove", DATATROVE), HERE / "peer_datatrove.py", path)


def _data_juicer(path: Path) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        words = {"en": list(writing("en").function_words)}
        (Path(folder) / "stopwords.json").write_text(json.dumps(words))
        return _run(environment("data-juicer", DATA_JUICER), HERE / "peer_data_juicer.py", path, folder)


def _run(python: Path, script: Path, *arguments: str | Path) -> dict:
    done = subprocess.run([python, script, *arguments], check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def _compare(rows: list[dict], ours: dict[str, str], theirs: dict[str, list[str]]) -> None:
    """How many are kept by both, by one, and why the other dropped them."""
    kinds = {row["id"]: row["kind"] for row in rows}
    both = sum(row["id"] not in ours and row["id"] not in theirs for row in rows)
    neither = sum(row["id"] in ours and row["id"] in theirs for row in rows)
    only_ours = Counter((kinds[name], " ".join(theirs[name])) for name in theirs if name not in ours)
    only_theirs = Counter((kinds[name], ours[name]) for name in ours if name not in theirs)
    print(f"  kept by both {both:,}, dropped by both {neither:,}: {(both + neither) / len(rows):.2%} agree")
    for title, found in (("kept by vlforge alone", only_ours), ("dropped by vlforge alone", only_theirs)):
        for (kind, reason), count in found.most_common(6):
            print(f"  {title}: {count} {kind} ({reason})")


def _record(row: dict) -> Record:
    blocks = tuple(Block("paragraph", (piece,)) for piece in row["text"].split("\n\n"))
    return Record(row["id"], blocks, task="text")


if __name__ == "__main__":
    main()
