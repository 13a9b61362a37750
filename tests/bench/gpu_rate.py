"""MFU of training at 3B width on one GPU, beside transformers with its fastest attention installed there.

    python -m tests.bench.gpu_rate [--tokens 8192 32768] [--steps 10] [--activations 40]

A step is forward, backward, clipping and AdamW over one pack of documents with images. Model FLOPs are those of
`train.flops`; MFU is of the best bfloat16 rate that the same GPU reached just before. Both sides start from the same
weights and train on the same packs: the first loss of each shows it. vlforge keeps float32 master weights; transformers
gets the faster deal, bfloat16 weights and nothing else. It sees one row of the pack's length, whose position ids keep
the documents apart. `--device cpu --tiny` only shows that all of it runs.
"""

import argparse
import datetime
import gc
import itertools
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch.autograd import DeviceType
from torch.profiler import profile

from curation.scoring.vision_ops import mend_torchvision
from model.checkpoint import new_model, released_name
from model.config import ModelConfig, load_config
from model.pack import IGNORED, Encoded, EncodedMedia, Pack, pack
from model.qwen import QwenVL
from model.vision import normalised
from tests.bench.train_rate import CONFIG as TINY
from train.flops import measured_peak, pack_flops
from train.next_token import NextToken
from train.objective import Batch
from train.optimizer import learning_parts, make_optimizer
from train.parallel import GIB, clip_gradients, open_ranks, prepare
from train.phase import PART, Compute, Optimizer, PackSize

WIDTH = Path(__file__).parents[2] / "configs" / "model" / "3b.yaml"
PARTS: tuple[PART, ...] = ("vision", "merger", "language")
SETTINGS = Optimizer(learning_rate=dict.fromkeys(PARTS, 1e-6))
PACKS = 3  # of different lengths inside, so that a graph made for one length gains nothing
KERNELS = {  # by what the names of kernels hold; the first that fits
    "attention": ("flash", "fmha", "attention"),
    "optimizer": ("adam", "multi_tensor"),
    "matrix products": ("gemm", "nvjet", "cutlass", "xmma", "cublas", "mkldnn", "::mm", "::addmm", "::bmm"),
    "copies and fills": ("memcpy", "memset", "copy", "fill", "cat"),
    "softmax and reductions": ("softmax", "reduce", "norm", "::sum"),
    "gathers and scatters": ("index", "gather", "scatter", "embedding"),
    "elementwise": ("triton", "elementwise", "::mul", "::add", "silu", "vectorized"),
}


@dataclass(frozen=True)
class Measured:
    loss: float  # of the first pack, before any update
    seconds: float  # a step
    memory: float  # GiB at the peak
    kernels: Counter[str]  # seconds a step by class


def documents(tokens: int, config: ModelConfig, rng: np.random.Generator) -> Iterator[Encoded]:
    """Documents that fill `tokens` exactly, up to two images each; about half of the tokens show images."""
    while tokens:
        grids = [(1, *(2 * int(side) for side in rng.integers(4, 33, 2))) for _ in range(rng.integers(0, 3))]
        text = min(int(np.clip(rng.lognormal(5.5, 1.0), 8, 4096)), tokens)
        while text + _shown(grids) > tokens:
            grids.pop()
        left = tokens - text - _shown(grids)
        if left < 8:  # too short for a document of its own
            text, left = text + left, 0
        tokens = left
        yield _document(grids, text, config, rng)


def _shown(grids: Sequence[tuple[int, ...]]) -> int:
    """Tokens of images, with the two around each."""
    return sum(h * w // 4 + 2 for _, h, w in grids)


def _document(grids: Sequence[tuple[int, ...]], text: int, config: ModelConfig, rng: np.random.Generator) -> Encoded:
    ids: list[int] = []
    for _, h, w in grids:
        ids += [config.vision_start_token_id, *[config.image_token_id] * (h * w // 4), config.vision_end_token_id]
    input_ids = np.array([*ids, *rng.integers(10, min(config.text.vocab_size, 150_000), text)], np.int64)
    labels = np.where(np.arange(len(input_ids)) > len(ids), input_ids, IGNORED)
    values = config.vision.frame_values
    media = [EncodedMedia(rng.integers(0, 256, (h * w, values), np.uint8), (1, h, w)) for _, h, w in grids]
    return Encoded(input_ids, labels, tuple(media))


def ours(model: QwenVL, rows: Sequence[Sequence[Encoded]], size: PackSize, options: argparse.Namespace) -> Measured:
    compute = Compute(dtype="bfloat16", compile=True, activations=options.activations)
    objective = NextToken(model.config, frozenset(PARTS))
    batches = [_batch(pack(row, model.config), len(row)) for row in rows]
    with open_ranks() as ranks:
        prepare(model, ranks, compute, size)
        parts = learning_parts(model)
        optimizer = make_optimizer(parts, SETTINGS)

        def step(number: int) -> float:
            batch = batches[number].to(ranks.device, non_blocking=True)
            measured = objective.backward(model.train(), [batch], ranks)
            clip_gradients(parts, SETTINGS.clip, ranks)
            optimizer.step()
            optimizer.zero_grad()
            return measured.loss

        return measure(step, options)


def _batch(content: Pack, documents: int) -> Batch:
    none = torch.zeros(documents, dtype=torch.int64)
    batch = Batch(content, none, none, ("",) * documents, len(content.input_ids), len(content.vision.rows), 0.0)
    return batch.pin_memory() if torch.cuda.is_available() else batch


def peer(
    model: QwenVL, rows: Sequence[Sequence[Encoded]], attention: str, recompute: bool, options: argparse.Namespace
) -> Measured:
    mend_torchvision()
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    with torch.device(options.device):
        theirs = Qwen2_5_VLForConditionalGeneration._from_config(
            Qwen2_5_VLConfig(**model.config.to_hf()), dtype=torch.bfloat16, attn_implementation=attention
        )
    weights = model.state_dict()
    with torch.no_grad():
        for name, weight in theirs.named_parameters():
            weight.copy_(weights[released_name(name)])
    if recompute:
        theirs.gradient_checkpointing_enable({"use_reentrant": False})
    optimizer = torch.optim.AdamW(theirs.parameters(), lr=1e-6, weight_decay=0.1, fused=True)
    inputs = [_as_one_row(row, model.config) for row in rows]

    def step(number: int) -> float:
        moved = {name: value.to(options.device, non_blocking=True) for name, value in inputs[number].items()}
        loss = theirs.train()(**moved, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(theirs.parameters(), SETTINGS.clip)
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    return measure(step, options)


def _as_one_row(row: Sequence[Encoded], config: ModelConfig) -> dict[str, torch.Tensor]:
    """The fourth row of position ids, each token's place in its document, is what transformers knows packs by."""
    content = pack(row, config)
    ids = content.input_ids[None]
    places = torch.cat([torch.arange(len(document.input_ids)) for document in row])
    media = [item for document in row for item in document.media]
    seen = (
        {}
        if not media
        else {
            "pixel_values": normalised(torch.from_numpy(np.concatenate([item.rows for item in media])), config.vision),
            "image_grid_thw": torch.tensor([item.grid for item in media]),
        }
    )
    return {
        "input_ids": ids,
        "labels": content.labels[None],
        "position_ids": torch.cat([places[None], content.position_ids])[:, None],
        "mm_token_type_ids": torch.isin(content.input_ids, content.input_ids[content.vision_index])[None].int(),
        **seen,
    }


def measure(step: Callable[[int], float], options: argparse.Namespace) -> Measured:
    """Every pack once to warm up and compile, then `steps` against the clock, then one under the profiler."""
    cuda = options.device == "cuda"
    losses = [step(number) for number in range(PACKS)]
    if cuda:
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
    began = time.perf_counter()
    for number in itertools.islice(itertools.cycle(range(PACKS)), options.steps):
        step(number)  # each ends with reading its loss
    if cuda:
        torch.cuda.synchronize()
    seconds = (time.perf_counter() - began) / options.steps
    memory = torch.cuda.max_memory_allocated() / GIB if cuda else float("nan")
    with profile() as profiled:
        step(0)
    return Measured(losses[0], seconds, memory, by_class(profiled, cuda))


def by_class(profiled: profile, cuda: bool) -> Counter[str]:
    """Seconds of the device by class of kernel."""
    seconds: Counter[str] = Counter()
    for event in profiled.key_averages():
        if cuda and event.device_type != DeviceType.CUDA:
            continue
        name = event.key.lower()
        kind = next((kind for kind, parts in KERNELS.items() if any(part in name for part in parts)), "other")
        seconds[kind] += (event.self_device_time_total if cuda else event.self_cpu_time_total) / 1e6
    return seconds


def fastest_attention() -> str:
    """Of transformers', the fastest that is installed."""
    packages = {"flash_attention_3": "flash_attn_interface", "flash_attention_2": "flash_attn"}
    return next((name for name, package in packages.items() if find_spec(package)), "sdpa")


def attempt(run: Callable[[], Measured]) -> Measured | None:
    """None where the GPU's memory was not enough."""
    try:
        return run()
    except torch.OutOfMemoryError:
        return None
    finally:
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def main() -> None:
    options = _options()
    config = TINY if options.tiny else load_config(WIDTH)
    device = torch.device(options.device)
    name = torch.cuda.get_device_name() if options.device == "cuda" else "cpu"
    command = " ".join(["python -m tests.bench.gpu_rate", *sys.argv[1:]])
    print(f"{datetime.date.today()}, {name}, torch {torch.__version__}: `{command}`", flush=True)
    peak = measured_peak(device, torch.bfloat16)
    print(f"bfloat16 matrix products: {peak / 1e12:.3g} TFLOP/s at best\n", flush=True)
    print(
        "| tokens | trainer | tokens/s | TFLOP/s | MFU | peak GiB | loss |\n|---|---|---|---|---|---|---|", flush=True
    )
    shown: list[tuple[str, Measured]] = []
    for tokens in options.tokens:
        shown += compare(tokens, config, peak, options)
    print_kernels(shown)


def compare(
    tokens: int, config: ModelConfig, peak: float, options: argparse.Namespace
) -> Iterator[tuple[str, Measured]]:
    """One row of the table a trainer, printed as soon as measured."""
    rng = np.random.default_rng(0)
    rows = [list(documents(tokens, config, rng)) for _ in range(PACKS)]
    contents = [pack(row, config) for row in rows]
    flops = float(np.mean([pack_flops(content, config, PARTS) for content in contents]))
    size = PackSize(tokens=tokens, patches=max(len(content.vision.rows) for content in contents), per_step=1)
    model = new_model(config, seed=0)
    attention = fastest_attention()
    theirs = [
        (f"transformers, {attention}", partial(peer, model, rows, attention, False, options)),
        (f"transformers, {attention}, activations recomputed", partial(peer, model, rows, attention, True, options)),
    ]
    mine = [("vlforge", partial(ours, model, rows, size, options))]
    for ways in (theirs, mine):  # vlforge last, for it changes the model in place
        for name, run in ways:
            found = attempt(run)
            if found:
                rate = flops / found.seconds
                print(
                    f"| {tokens:,} | {name} | {tokens / found.seconds:,.0f} | {rate / 1e12:.3g} | {rate / peak:.1%}"
                    f" | {found.memory:.1f} | {found.loss:.4f} |",
                    flush=True,
                )
                yield f"{tokens:,}, {name}", found
                break
            print(f"| {tokens:,} | {name} | out of memory | | | | |", flush=True)


def print_kernels(shown: Sequence[tuple[str, Measured]]) -> None:
    """Where a step's time goes, in milliseconds; idle is what of the clock no kernel filled."""
    print("\n| milliseconds a step | " + " | ".join(name for name, _ in shown) + " |\n|---" + "|---" * len(shown) + "|")
    for kind in [*KERNELS, "other"]:
        print(f"| {kind} | " + " | ".join(f"{1e3 * found.kernels[kind]:,.1f}" for _, found in shown) + " |")
    idle = [max(found.seconds - found.kernels.total(), 0) for _, found in shown]
    print("| idle | " + " | ".join(f"{1e3 * seconds:,.1f}" for seconds in idle) + " |")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokens", type=int, nargs="+", default=[8192, 32768])
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--activations", type=float, default=40, help="GiB that forward may keep")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--tiny", action="store_true", help="a small model, to see that all of it runs")
    return parser.parse_args()


if __name__ == "__main__":
    main()
