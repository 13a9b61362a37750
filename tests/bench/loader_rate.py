"""The loader beside bare decoding of the same pictures, and beside webdataset over the same tars.

    python -m tests.bench.loader_rate data/inputs/lomiri-wallpapers-16.04/usr/share/backgrounds

Captioned photographs (JPEG, crops of those in the folder) in shards. Every mode decodes, resizes and cuts into patches
each picture with the same functions, to the same rows of bytes; the loader also checks digests, encodes the captions,
fits packs of 8,192 tokens and makes positions and attention plans. With workers, bare decoding hands nothing over, and
the others all that they make. CPU seconds are those of all processes.
"""

import argparse
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from itertools import chain, repeat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import PIL.Image
import torch
import yaml
from torch.utils.data import DataLoader

from curation import media
from curation.document import Document, Image, Media, Text, Turn
from model.config import load_config
from model.processor import Processor, patchify
from tests.conftest import encode, media_of, write_shards
from tests.train.conftest import MODEL
from train.data.lengths import PackConfig, Packed, SourceChoice, TokenizerChoice
from train.data.loader import Sources, batches
from train.data.measure import measure_sources
from train.data.plan import make_plan
from train.next_token import NextToken
from train.phase import Corrupt, Loading, Phase

PICTURES = 256
WARM_UP, MEASURED = 4, 16  # packs of each mode
TICKS = os.sysconf("SC_CLK_TCK")


def world(photographs: Path, root: Path) -> Packed:
    """Shards of captioned crops of the photographs, 256 to 1,024 pixels a side, measured for 1 to 1,024 tokens each."""
    rng = np.random.default_rng(0)
    files = sorted(photographs.rglob("*.jpg"))
    opened = [PIL.Image.open(file).convert("RGB") for file in files]
    write_shards(root / "shards", (_captioned(opened[n % len(opened)], rng, n) for n in range(PICTURES)), per_shard=64)
    (root / "model.yaml").write_text(yaml.safe_dump(MODEL))
    return measure_sources(
        PackConfig(
            output=root / "packs",
            model=root / "model.yaml",
            sources={"photographs": SourceChoice(shards=str(root / "shards"))},
            tokenizer=TokenizerChoice(vocabulary=400, learn_from=("photographs",)),
            min_pixels=28 * 28,
            max_pixels=1024 * 28 * 28,
            sequence=8192,
        )
    )


def _captioned(photograph: PIL.Image.Image, rng: np.random.Generator, number: int) -> tuple[Document, list[bytes]]:
    width, height = (int(side) for side in rng.integers(256, 1025, 2))
    photograph = photograph.resize((1600, 1200))
    left, top = int(rng.integers(0, 1600 - width)), int(rng.integers(0, 1200 - height))
    data = encode(photograph.crop((left, top, left + width, top + height)), "JPEG", quality=90)
    words = " ".join(f"{word}" for word in rng.integers(0, 10**6, 20))
    return Document((Turn(None, (Image(0), Text(f"Crop {number}: {words}"))),), (media_of(data),)), [data]


def ours(packed: Packed, workers: int) -> Iterator[int]:
    """How many pictures each pack holds."""
    sources = Sources.open(packed, ["photographs"])
    config = load_config(packed.config.model).model_copy(update=packed.processor.tokenizer.special_ids())
    phase = Phase.model_validate(
        {
            "packs": packed.folder,
            "output": packed.folder,
            "mixture": {"photographs": 1.0},
            "pack": {"tokens": 8192, "patches": 32768, "per_step": 1},
            "tokens": 10**9,
            "optimizer": {"learning_rate": {"language": 1.0}},
        }
    )
    steps = make_plan(phase, sources.samples, sources.names, sources.tasks).steps()
    ranks: Any = SimpleNamespace(data_rank=0, data_count=1, context_rank=0, context_count=1, device=torch.device("cpu"))
    objective = NextToken(config, frozenset({"language"}))
    for _, _, (batch,) in batches(steps, sources, objective, ranks, Loading(workers=workers), Corrupt()):
        yield len(batch.keys)


def bare(packed: Packed, workers: int) -> Iterator[int]:
    """Nothing but decoding, resizing and cutting; with workers, each with its own part and nothing handed over."""
    shards = packed.shards("photographs")
    every = [item for document in shards for item in document.media]
    if not workers:
        processor = packed.processor
        return (_cut(processor, item) for item in chain.from_iterable(repeat(every)))
    return _counted(workers, partial(_cut_for_ever, packed.folder, every))


def _cut(processor: Processor, item: Media) -> int:
    data = media.read_bytes(item.uri, item.offset, item.length)
    picture = media.decode(data).resize(processor.seen_size(item), PIL.Image.Resampling.BICUBIC)
    patchify(np.asarray(picture)[None], processor.vision)
    return 1


def _cut_for_ever(folder: Path, every: list[Media], counter: Any) -> None:
    processor = Packed(folder).processor
    for item in chain.from_iterable(repeat(every)):
        _cut(processor, item)
        with counter.get_lock():
            counter.value += 1


def _counted(workers: int, work: partial) -> Iterator[int]:
    """What processes have counted since the last look."""
    context = multiprocessing.get_context("forkserver")
    counter, seen = context.Value("q", 0), 0
    processes = [context.Process(target=work, args=(counter,), daemon=True) for _ in range(workers)]
    for process in processes:
        process.start()
    try:
        while True:
            time.sleep(0.1)
            yield counter.value - seen
            seen = counter.value
    finally:
        for process in processes:
            process.kill()
            process.join()


def webdataset(packed: Packed, workers: int) -> Iterator[int]:
    import webdataset as wds

    tars = [str(path) for path in sorted(Path(packed.config.sources["photographs"].shards).glob("*.tar"))]
    rows = partial(_rows, packed.processor)
    dataset = wds.WebDataset(tars, shardshuffle=False, nodesplitter=None).decode("pil").map(rows).repeat()
    context = "forkserver" if workers else None
    loader = DataLoader(dataset, batch_size=None, num_workers=workers, multiprocessing_context=context)
    return (1 for _ in loader)


def _rows(processor: Processor, sample: dict[str, Any]) -> np.ndarray:
    picture = sample["0.jpg"]
    size = processor.seen_size(Media("image", "jpg", *picture.size, "", ""))
    return patchify(np.asarray(picture.resize(size, PIL.Image.Resampling.BICUBIC))[None], processor.vision).rows


def measure(stream: Iterator[int], warm_up: int, pictures: int) -> tuple[float, float]:
    """Pictures a second and pictures a CPU-second, once `warm_up` pictures have come."""
    _take(stream, warm_up)
    began, spent = time.perf_counter(), _cpu_seconds()
    taken = _take(stream, pictures)
    wall, cpu = time.perf_counter() - began, _cpu_seconds() - spent
    stream.close() if hasattr(stream, "close") else None
    return taken / wall, taken / cpu


def _take(stream: Iterator[int], pictures: int) -> int:
    taken = 0
    while taken < pictures:
        taken += next(stream)
    return taken


def _cpu_seconds() -> float:
    """Of this process and of the workers that are running."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    total = own.ru_utime + own.ru_stime
    for child in multiprocessing.active_children():
        fields = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 1, 2])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        packed = world(arguments.photographs, Path(folder))
        total = packed.receipt["sources"]["photographs"]
        tokens = total["tokens"] / total["documents"]
        a_pack = 8192 / tokens
        modes = {"bare decoding": bare, "vlforge": ours, "webdataset": webdataset}
        print(f"{'':16}{'workers':>8}{'images/s':>10}{'tokens/s':>10}{'a CPU-second':>14}   of bare decoding")
        for workers in arguments.workers:
            rates = {}
            for name, mode in modes.items():
                rates[name] = measure(mode(packed, workers), int(WARM_UP * a_pack), int(MEASURED * a_pack))
                (wall, cpu), (bare_wall, bare_cpu) = rates[name], rates["bare decoding"]
                ratios = f"{wall / bare_wall:6.0%} by the clock, {cpu / bare_cpu:4.0%} by CPU"
                print(f"{name:16}{workers:8}{wall:10.1f}{wall * tokens:10.0f}{cpu:14.1f}   {ratios}")


if __name__ == "__main__":
    main()
