"""`vlforge`: one command a job. A command is a row below, and imports what it needs when it runs."""

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from curation import config
from curation.errors import UserError
from pipelines.log import log_to_stderr

Arguments = argparse.Namespace  # `beam` holds what follows `--`


def job(module: str, schema: str, run: str = "run", beam: bool = False) -> Callable[[Arguments], int]:
    """A command that loads its configuration by a schema and runs it; what it needs is imported only then."""

    def command(arguments: Arguments) -> int:
        found = importlib.import_module(module)
        start, wanted = getattr(found, run), getattr(found, schema)
        settings = config.load(arguments.config, wanted, arguments.settings)
        start(settings, arguments.beam) if beam else start(settings)
        return 0

    return command


def select(arguments: Arguments) -> int:
    from pipelines import curate, selection

    job = config.load(arguments.config, curate.CurateConfig, arguments.settings)
    selection.select(job.output, job.select, (lambda: curate.run(job, arguments.beam)) if arguments.write else None)
    return 0


def verify(arguments: Arguments) -> int:
    from pipelines import verify

    return verify.run(arguments.folders, arguments.config, arguments.audit, arguments.mutate, arguments.json)


def train(arguments: Arguments) -> int:
    # Threads that spin while they wait starve the loader, and each other wherever cores are shared.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from train.chain import load_phases
    from train.loop import check, train

    phases = load_phases(arguments.config, arguments.settings)
    check(phases)
    for phase in phases:
        train(phase)
    return 0


def ledger(arguments: Arguments) -> int:
    from train.data.ledger import LedgerConfig, ledger

    wanted = {"phase": arguments.phase, "step": arguments.step, "key": arguments.key}
    ledger(config.check(arguments.phase, wanted, LedgerConfig))
    return 0


def demo(arguments: Arguments) -> int:
    from pipelines import demo

    demo.run()
    return 0


@dataclass(frozen=True)
class Command:
    run: Callable[[Arguments], int]  # returns the exit code; raises UserError
    help: str
    takes: Callable[[argparse.ArgumentParser], None]
    beam: bool = False  # whether Beam's options may follow `--`


def a_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", help="a YAML file")
    parser.add_argument("settings", nargs="*", metavar="key=value", help="overrides, e.g. shards.megabytes=64")


def a_phase(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("phase", help="the folder of a phase")
    parser.add_argument("--step", type=int, help="the documents of one step")
    parser.add_argument("--key", help="the steps that one document was in")


def a_selection(parser: argparse.ArgumentParser) -> None:
    a_config(parser)
    parser.add_argument("--write", action="store_true", help="write the shards too (else: only say what would change)")


def shard_folders(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folders", nargs="+", metavar="folder", help="a folder of shards")
    said = "a config of synth whose recipes they were made by (else: what the folder's receipt says)"
    parser.add_argument("--config", help=said)
    said = "run costly checks on this share of the samples too, beside those that they ran on (default: 0)"
    parser.add_argument("--audit", type=float, default=0.0, metavar="SHARE", help=said)
    said = "then break so many documents of each folder on purpose, and say which lies are found"
    parser.add_argument("--mutate", type=int, default=0, metavar="N", help=said)
    parser.add_argument("--json", metavar="FILE", help="where the table of lies is also written")


COMMANDS = {
    "fetch": Command(job("pipelines.fetch", "FetchConfig"), "fetch pinned packages and unpack them", a_config),
    "curate": Command(
        job("pipelines.curate", "CurateConfig", beam=True),
        "turn raw documents into shards of clean, scored, selected ones",
        a_config,
        beam=True,
    ),
    "select": Command(select, "what other thresholds, quotas or mixtures would keep", a_selection, beam=True),
    "calibrate": Command(
        job("pipelines.calibrate", "CalibrateConfig"),
        "measure the scorers on documents corrupted in known ways",
        a_config,
    ),
    "distil": Command(
        job("pipelines.distil", "DistilConfig"),
        "train a student on a judge's answers, so that its opinion costs nothing",
        a_config,
    ),
    "estimate": Command(
        job("pipelines.estimate", "EstimateConfig"),
        "what a million documents would cost on Dataflow, by a local run's rates",
        a_config,
    ),
    "synth": Command(
        job("pipelines.synthesize", "SynthConfig", beam=True),
        "generate samples, each with a proof, into shards",
        a_config,
        beam=True,
    ),
    "convert": Command(
        job("pipelines.convert", "ConvertConfig", beam=True),
        "turn labelled images (COCO to PixMo), recorded trajectories of agents and described videos into shards",
        a_config,
        beam=True,
    ),
    "label": Command(
        job("pipelines.label", "LabelConfig", beam=True),
        "label your own images by Grounding DINO and SAM, marked as unproved",
        a_config,
        beam=True,
    ),
    "tables": Command(
        job("pipelines.tables", "TablesConfig", beam=True),
        "turn pictures of tables, or recognised tables, into shards, filtered as the report does; unproved",
        a_config,
        beam=True,
    ),
    "pack": Command(
        job("train.data.measure", "PackConfig", "measure_sources"),
        "train or take a tokenizer, and measure documents for packing",
        a_config,
    ),
    "train": Command(train, "train a phase or a chain of them, or go on with it; on many GPUs by torchrun", a_config),
    "ledger": Command(ledger, "which documents, sources and licences the steps of a phase saw", a_phase),
    "evaluate": Command(
        job("train.evaluate", "EvaluateConfig", "evaluate"),
        "ask a trained model about held-out samples, against baselines",
        a_config,
    ),
    "export": Command(
        job("train.export", "ExportConfig", "export"), "write a trained model as transformers reads it", a_config
    ),
    "report": Command(
        job("pipelines.report.page", "ReportConfig", "report"), "write one page that shows every stage", a_config
    ),
    "demo": Command(demo, "all of it, on real pages, in minutes", lambda parser: None),
    "verify": Command(verify, "check shards' digests and run every proof again", shard_folders),
}


STORES = ("botocore", "google", "requests")  # whose errors say what a bucket refused, or that nobody answers there


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 0; 1 where `verify` found a fault; 2 for a mistake that one line explains; 130 when interrupted."""
    arguments, beam = _split(list(sys.argv[1:] if argv is None else argv))
    parsed = _parser().parse_args(arguments)
    parsed.beam = beam
    command = COMMANDS[parsed.command]
    log_to_stderr()
    try:
        if beam and not command.beam:
            raise UserError(f"only {', '.join(name for name in COMMANDS if COMMANDS[name].beam)} take options after --")
        return command.run(parsed)
    except UserError as error:
        print(f"vlforge {parsed.command}: {error}", file=sys.stderr)
        return 2
    except OSError as error:  # a file that is not there, a folder that is read-only, a disk that is full
        print(f"vlforge {parsed.command}: {error.filename or 'the system'}: {error.strerror or error}", file=sys.stderr)
        return 2
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in STORES:
            raise
        print(f"vlforge {parsed.command}: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"vlforge {parsed.command}: interrupted; run it again to go on", file=sys.stderr)
        return 130


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in arguments:
        return arguments, []
    middle = arguments.index("--")
    return arguments[:middle], arguments[middle + 1 :]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("vlforge", description="From raw documents to a trained vision-language model.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, command in COMMANDS.items():
        options = "  [-- Beam options]" if command.beam else ""
        sub = commands.add_parser(name, help=command.help, description=command.help, epilog=options.strip() or None)
        command.takes(sub)
    return parser


if __name__ == "__main__":
    sys.exit(main())
