"""The other libraries that benchmarks run beside this one, each in an environment of its own, and documents for all.

Sentences are those of the standard library's documentation, so the statistics of words are real and nothing is fetched.
"""

import ast
import json
import random
import re
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

FOLDER = Path("build/peers")
DATATROVE = ("datatrove[io,processing]==0.10.1", "spacy>=3.8", "xxhash")
DATA_JUICER = ("py-data-juicer==1.6.1", "aiohttp", "torch==2.13.0")


def environment(name: str, requirements: Sequence[str]) -> Path:
    """The Python of a virtual environment with these requirements, made at the first call and kept below FOLDER."""
    root = (FOLDER / name).absolute()
    python, mark = root / "bin" / "python", root / ".installed"
    wanted = "\n".join(requirements)
    if not mark.is_file() or mark.read_text() != wanted:
        print(f"installing {', '.join(requirements)} into {root} (some minutes)", file=sys.stderr, flush=True)
        venv.create(root, clear=True, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *requirements], check=True)
        mark.write_text(wanted)
    return python


def documents(count: int, folder: Path, seed: int = 7) -> Path:
    """JSON lines `{"id", "text", "kind", "dup_of"}`: clean, near and exact duplicates, short, repeated and broken text.

    Clean documents have about 350 words. The same arguments give the same file.
    """
    path = folder / f"documents-{count}-{seed}.jsonl"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(".part")
        with aside.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(document) + "\n" for document in _documents(count, random.Random(seed)))
        aside.rename(path)
    return path


def _documents(count: int, rng: random.Random) -> Iterator[dict[str, str]]:
    drawn = sentences()
    clean: list[tuple[str, str]] = []
    for number in range(count):
        name, kind = f"d{number:06d}", _kind(rng.random(), bool(clean))
        origin, text = rng.choice(clean) if kind.endswith("duplicate") else ("", "")
        if kind == "near duplicate":
            text = _edited(text, rng)
        elif kind != "exact duplicate":
            text = _text(kind, drawn, rng)
        if kind == "clean":
            clean.append((name, text))
        yield {"id": name, "text": text, "kind": kind, "dup_of": origin}


_KINDS = {
    "clean": 0.60,
    "near duplicate": 0.68,
    "exact duplicate": 0.72,
    "short": 0.80,
    "repetition": 0.86,
    "bullets": 0.91,
    "symbols": 0.95,
    "gibberish": 0.98,
    "boilerplate": 1.0,
}


def _kind(drawn: float, any_clean: bool) -> str:
    kind = next(kind for kind, until in _KINDS.items() if drawn < until)
    return "clean" if kind.endswith("duplicate") and not any_clean else kind


def _text(kind: str, sentences: Sequence[str], rng: random.Random) -> str:
    if kind == "short":
        return " ".join(rng.choices(sentences, k=rng.randint(1, 2)))
    if kind == "repetition":
        return "\n".join([rng.choice(sentences)] * rng.randint(8, 30))
    if kind == "bullets":
        return "\n".join("- " + " ".join(rng.choice(sentences).split()[:5]) for _ in range(40))
    if kind == "symbols":
        return " ".join(rng.choice(["#", "...", "12", "$$", "x9", "|", "the", "of"]) for _ in range(300))
    if kind == "gibberish":
        letters = "bcdfghjklmnpqrstvwxz"
        return "\n".join("".join(rng.choices(letters, k=rng.randint(14, 40))) for _ in range(80))
    paragraphs = (" ".join(rng.choices(sentences, k=rng.randint(2, 6))) for _ in range(rng.randint(3, 12)))
    text = "\n\n".join(paragraphs)
    if kind == "boilerplate":
        text += "\nAccept cookies and read our privacy policy" * 25 + "\nlorem ipsum { javascript }"
    return text


def _edited(text: str, rng: random.Random) -> str:
    """With 0.2% to 2% of its words replaced."""
    words = text.split(" ")
    for _ in range(max(1, int(len(words) * rng.uniform(0.002, 0.02)))):
        words[rng.randrange(len(words))] = rng.choice(["really", "maybe", "also", "quickly", "blue"])
    return " ".join(words)


@lru_cache
def sentences() -> tuple[str, ...]:
    """Plain sentences of 6 to 35 words, each once, in a fixed order."""
    found: dict[str, None] = {}
    for text in _documentation():
        for paragraph in re.split(r"\n\s*\n", text):
            plain = " ".join(re.sub(r"[*`\"|<>{}\\=_#]+", " ", paragraph).split())
            found.update(dict.fromkeys(filter(_is_plain, re.split(r"(?<=[.!?]) +", plain))))
    return tuple(found)


def _is_plain(sentence: str) -> bool:
    letters = sum(character.isalpha() or character == " " for character in sentence)
    whole = sentence[:1].isupper() and sentence[-1:] in (".", "!", "?")
    return whole and 6 <= len(sentence.split()) <= 35 and letters > 0.93 * len(sentence)


def _documentation() -> Iterator[str]:
    from pydoc_data import topics

    yield from (text for _, text in sorted(topics.topics.items()))
    library = Path(sysconfig.get_path("stdlib"))
    for path in sorted([*library.glob("*.py"), *library.glob("*/*.py")]):
        if "test" in str(path.relative_to(library)) or path.parent.name in ("site-packages", "pydoc_data"):
            continue
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except (SyntaxError, ValueError):  # files that are meant to be wrong
            continue
        nodes = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef | ast.Module))
        yield from filter(None, map(ast.get_docstring, nodes))
