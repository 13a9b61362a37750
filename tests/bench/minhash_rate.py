"""Near-duplicate removal in documents a CPU-second, whole: ours, datatrove's, data-juicer's, and datasketch for scale.

    python -m tests.bench.minhash_rate [--documents 20000] [--rounds 2]

Each reads the same texts from JSON lines, removes near duplicates (word 5-grams, 14 bands of 8) and writes the rest, in
a process of its own that counts its CPU time after its imports; the rounds take turns, and the best of each is shown.
datasketch is its index alone, in a bare loop. Peers get environments of their own (`tests.bench.peers`).
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.bench import peers

FOLDER = Path("build/bench/minhash")
ANSWER = "answer.json"
NGRAM, BANDS, ROWS = 5, 14, 8

Kept = set[str]
Work = Callable[[], Kept]


def cpu_seconds() -> float:
    """Of this process and the children that it waited for."""
    return sum(os.times()[:4])


def read(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def read_all(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.rglob("*.jsonl*")):
        yield from read(path)


# --- each returns its work: what it imports and lays out before is not counted ---


def ours(data: Path, out: Path) -> Work:
    from curation.dedup.settings import DedupSettings
    from curation.document import Document, Source, Text, Turn
    from pipelines.deduplicate import Deduplicate
    from pipelines.documents import Ranges, WriteDocuments
    from pipelines.runner import beam_options, new_pipeline
    from pipelines.steps import WriteRejects

    (out / "in").mkdir()
    with (out / "in/documents-0.jsonl").open("w", encoding="utf-8") as file:
        for row in read(data):
            turn = Turn(None, (Text(row["text"]),))
            file.write(Document((turn,), task="text", source=Source(row["id"])).to_json() + "\n")
    near = {"ngram": NGRAM, "bands": BANDS, "rows": ROWS, "words": NGRAM}
    settings = DedupSettings.model_validate({"near": near, "paragraphs": None})

    def work() -> Kept:
        with new_pipeline(beam_options([])) as pipeline:
            done = pipeline | Ranges(str(out / "in")) | Deduplicate(settings)
            done.documents | WriteDocuments(str(out / "kept"))
            done.rejects | WriteRejects(str(out))
        return {row["source"]["uri"] for row in read_all(out / "kept")}

    return work


def datatrove(data: Path, out: Path) -> Work:
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import (
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
        MinhashDedupSignature,
    )
    from datatrove.pipeline.dedup.minhash import MinhashConfig
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter

    (out / "in").mkdir()
    shutil.copy(data, out / "in/0.jsonl")
    config = MinhashConfig(n_grams=NGRAM, num_buckets=BANDS, hashes_per_bucket=ROWS)
    signatures, buckets, removed = (str(out / name) for name in ("signatures", "buckets", "removed"))
    stages = [
        ([JsonlReader(str(out / "in")), MinhashDedupSignature(signatures, config=config)], 1),
        ([MinhashDedupBuckets(signatures, buckets, config=config)], BANDS),
        ([MinhashDedupCluster(buckets, removed, config=config)], 1),
        (
            [
                JsonlReader(str(out / "in")),
                MinhashDedupFilter(removed),
                JsonlWriter(str(out / "kept"), compression=None),
            ],
            1,
        ),
    ]

    def work() -> Kept:
        for number, (stage, tasks) in enumerate(stages):
            LocalPipelineExecutor(stage, tasks=tasks, workers=1, logging_dir=str(out / f"logs-{number}")).run()
        return {row["id"] for row in read_all(out / "kept")}

    return work


def data_juicer(data: Path, out: Path) -> Work:
    os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", HF_HOME=str(out / "hub"))
    from data_juicer.config import init_configs
    from data_juicer.core import DefaultExecutor

    operator = {
        "tokenization": "space",
        "window_size": NGRAM,
        "lowercase": True,
        "num_permutations": BANDS * ROWS,
        "num_bands": BANDS,
        "num_rows_per_band": ROWS,
    }
    recipe = {
        "project_name": "bench",
        "dataset_path": str(data),
        "export_path": str(out / "kept.jsonl"),
        "np": 1,
        "use_cache": False,
        "open_tracer": False,
        "process": [{"document_minhash_deduplicator": operator}],
    }
    (out / "recipe.yaml").write_text(json.dumps(recipe))  # JSON is YAML
    executor = DefaultExecutor(init_configs(["--config", str(out / "recipe.yaml")]))

    def work() -> Kept:
        executor.run()
        return {row["id"] for row in read(out / "kept.jsonl")}

    return work


def datasketch(data: Path, out: Path) -> Work:
    from datasketch import MinHash, MinHashLSH

    def work() -> Kept:
        index = MinHashLSH(num_perm=BANDS * ROWS, params=(BANDS, ROWS))
        kept = set()
        for row in read(data):
            words = row["text"].lower().split()
            minhash = MinHash(num_perm=BANDS * ROWS)
            count = max(1, len(words) - NGRAM + 1)
            minhash.update_batch([" ".join(words[start : start + NGRAM]).encode() for start in range(count)])
            if not index.query(minhash):
                index.insert(row["id"], minhash)
                kept.add(row["id"])
        return kept

    return work


SYSTEMS = {"vlforge": ours, "datatrove": datatrove, "data-juicer": data_juicer, "datasketch": datasketch}
ENVIRONMENTS = {"datatrove": peers.DATATROVE, "data-juicer": peers.DATA_JUICER}


def run_here(name: str, data: Path) -> None:
    """In the process of a system: does the work and leaves its CPU seconds and what it kept."""
    out = (FOLDER / name).absolute()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    work = SYSTEMS[name](data, out)
    start = cpu_seconds()
    kept = work()
    seconds = cpu_seconds() - start
    (out / ANSWER).write_text(json.dumps({"seconds": seconds, "kept": sorted(kept)}))


def run_there(name: str, data: Path) -> tuple[float, Kept]:
    """(CPU seconds, ids of the documents that the system kept)."""
    python = peers.environment(name, ENVIRONMENTS[name]) if name in ENVIRONMENTS else sys.executable
    command = [str(python), "-m", "tests.bench.minhash_rate", "--run", name, "--data", str(data)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.getcwd()}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise SystemExit(f"{name}: failed: {done.stderr.strip()[-2000:]}")
    answer = json.loads((FOLDER / name / ANSWER).read_text())
    return answer["seconds"], set(answer["kept"])


def found(data: Path, kept: Kept) -> tuple[float, float]:
    """(share of the planted duplicates of which no second one was kept, share of the clean documents that were)."""
    rows = list(read(data))
    copies = [row for row in rows if row["kind"].endswith("duplicate")]
    caught = sum(not {row["id"], row["dup_of"]} <= kept for row in copies)
    families = {row["dup_of"] for row in copies}
    alone = [row["id"] for row in rows if row["kind"] == "clean" and row["id"] not in families]
    return caught / max(len(copies), 1), sum(name in kept for name in alone) / max(len(alone), 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--run", choices=SYSTEMS, help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.run:
        run_here(given.run, given.data)
        return
    data = peers.documents(given.documents, FOLDER).absolute()
    best: dict[str, float] = {}
    kept: dict[str, Kept] = {}
    for _ in range(given.rounds):
        for name in SYSTEMS:
            seconds, kept[name] = run_there(name, data)
            best[name] = min(seconds, best.get(name, seconds))
    print(f"{given.documents:,} documents, best of {given.rounds} rounds")
    for name, seconds in best.items():
        caught, spared = found(data, kept[name])
        rate = given.documents / seconds
        print(
            f"{name:12} {rate:7,.0f} documents a CPU-second; {caught:6.1%} of the planted duplicates removed, ", end=""
        )
        print(f"{spared:6.1%} of the unlike documents kept")
    fastest = min((best[name], name) for name in ENVIRONMENTS)
    print(f"vlforge is {fastest[0] / best['vlforge']:.1f} times as fast as {fastest[1]}, the faster of the two peers")


if __name__ == "__main__":
    main()
