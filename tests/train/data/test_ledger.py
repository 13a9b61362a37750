"""The ledger: every sample of every step, with where it came from; the same bytes whoever writes it."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from curation.errors import UserError
from train.data import plan as planning
from train.data.fit import Budget
from train.data.ledger import SCHEMA, Ledger, LedgerConfig, ledger, read_document, read_faults, read_step
from train.data.mixture import Samples, make_streams
from train.data.plan import Plan
from train.guard import Faults
from train.phase import Share

SOURCES = ("colours", "pages")


@pytest.fixture
def book(packed, tmp_path, monkeypatch) -> Ledger:
    """The ledger of a phase of several windows, nothing of it written yet."""
    monkeypatch.setattr(planning, "FEWEST_PACKS", 4)
    monkeypatch.setattr(planning, "WINDOW", 20)
    tables = [packed.lengths(name) for name in SOURCES]
    lengths = pa.concat_tables(tables)
    source = np.repeat([0, 1], [len(table) for table in tables])
    tokens, patches = lengths["tokens"].to_numpy(), lengths["patches"].to_numpy()
    samples = Samples(tokens, patches, source, source)
    streams = make_streams({"colours": Share(), "pages": Share()}, 1, samples, SOURCES, SOURCES)
    plan = Plan(samples, streams, Budget(256, 512), per_step=3, tokens=12_000, seed=0)
    return Ledger(tmp_path / "run", plan, SOURCES, [packed.shards(name) for name in SOURCES], lengths)


@pytest.fixture
def written(book):
    assert [step.number for step, _ in book.follow(book.plan.steps())] == [s.number for s, _ in book.plan.steps()]
    return book


def files(book):
    return {path.name: path.read_bytes() for path in sorted((book.phase / "ledger").iterdir())}


def test_every_sample_of_every_step_is_in_the_ledger(written):
    assert len(files(written)) > 2
    for step, _ in written.plan.steps():
        rows = read_step(written.phase, step.number)
        assert rows.schema.names == SCHEMA.names
        assert sum(rows["tokens"].to_pylist()) == step.tokens
        assert sum(rows["patches"].to_pylist()) == step.patches
        expected = [(number, int(sample)) for number, pack in enumerate(step.packs) for sample in pack]
        found = zip(rows["pack"].to_pylist(), rows.to_pylist(), strict=True)
        for (pack, sample), (found_pack, row) in zip(expected, found, strict=True):
            assert pack == found_pack
            length = written.lengths.slice(sample, 1).to_pylist()[0]
            assert {name: row[name] for name in length} == length


def test_a_row_tells_what_the_document_itself_says(written):
    for row in read_step(written.phase, 3).to_pylist():
        document = written.shards[SOURCES.index(row["source"])].read(row["row"])
        assert (row["key"], row["task"], row["language"]) == (document.key, document.task, document.language)
        assert row["licence"] == document.source.licence
        assert dict(row["scores"]) == document.scores
        assert row["uri"] == document.media[0].uri


def test_a_window_is_the_same_bytes_whoever_writes_it_and_from_wherever_it_is_gone_on(written):
    before = files(written)
    middle, cursor = list(written.plan.steps())[10]
    list(written.follow(written.plan.steps(cursor, middle.number + 1)))
    assert files(written) == before
    assert all(name.endswith(".parquet") for name in before)


def test_a_window_is_there_before_its_first_step_runs(book):
    for step, cursor in book.follow(book.plan.steps()):
        assert (book.phase / "ledger" / f"window-{cursor.window:05d}.parquet").exists()
        assert not (book.phase / "ledger" / f"window-{cursor.window + 1:05d}.parquet").exists()
        assert len(read_step(book.phase, step.number))


def test_a_document_is_found_in_every_step_that_it_was_in(written):
    key = read_step(written.phase, 0)["key"][0].as_py()
    rows = read_document(written.phase, key).to_pylist()
    everything = pa.concat_tables([pq.read_table(path) for path in sorted((written.phase / "ledger").iterdir())])
    assert rows == [row for row in everything.to_pylist() if row["key"] == key]
    assert len(rows) > 1


def test_windows_in_which_no_step_ends_are_passed_over(book):
    """As where the global batch is larger than a window."""
    wide = Ledger(book.phase, Plan(*(getattr(book.plan, n) for n in ("samples", "streams", "budget")), 30, 40_000, 0),
                  book.sources, book.shards, book.lengths)  # fmt: skip
    cursor = wide.plan.start
    empty = 0
    while cursor is not None:
        wide.write(cursor)
        steps, cursor = wide.plan.window(cursor)
        empty += not steps
    assert empty > 2
    for step, _ in wide.plan.steps():
        assert sum(read_step(wide.phase, step.number)["tokens"].to_pylist()) == step.tokens


def test_a_step_is_shown_with_its_documents_and_what_was_replaced(written, capsys):
    row = read_step(written.phase, 5).to_pylist()[0]
    faults = Faults(written.phase, 0)
    faults.replaced(5, row["key"], "truncated", "0123abcd")
    faults.skipped(5, "the loss is nan", float("nan"), 1.0, [row["key"]])
    faults.replaced(6, row["key"], "truncated", None)
    faults.close()
    assert [found["step"] for found in read_faults(written.phase)] == [5, 6]
    ledger(LedgerConfig(phase=written.phase, step=5))
    title, header, first, *_, last = capsys.readouterr().out.splitlines()
    assert title.startswith("step 5: 3 packs")
    assert header.split() == [
        *("pack", "source", "key", "licence", "task", "language", "pieces", "tokens", "patches", "scores")
    ]
    assert {row["key"], row["source"], row["task"]} <= set(first.split())
    assert last == f"step 5: {row['key']} could not be read (truncated); 0123abcd took its place"
    ledger(LedgerConfig(phase=written.phase, key="0123abcd"))
    assert "in 0 steps" in (shown := capsys.readouterr().out)
    assert "took its place" in shown
    ledger(LedgerConfig(phase=written.phase, key=row["key"]))
    assert "nothing took its place" in capsys.readouterr().out


def test_the_whole_is_shown_by_source_and_licence(written, capsys):
    ledger(LedgerConfig(phase=written.phase))
    assert "the phase is not finished" in capsys.readouterr().out.splitlines()[-1]
    (written.phase / "phase.json").touch()
    ledger(LedgerConfig(phase=written.phase))
    title, _, *rows = capsys.readouterr().out.splitlines()
    steps = [step for step, _ in written.plan.steps()]
    tokens = sum(step.tokens for step in steps)
    samples = sum(len(pack) for step in steps for pack in step.packs)
    assert title == f"{len(steps)} steps, {samples:,} samples, {tokens:,} tokens"
    assert [row.split()[0] for row in rows] == ["colours", "pages"]
    assert sum(float(row.split()[-1].rstrip("%")) for row in rows) == pytest.approx(100, abs=0.01)


def test_what_is_not_there_is_a_clear_error(written, tmp_path):
    with pytest.raises(UserError, match="no ledger"):
        ledger(LedgerConfig(phase=tmp_path))
    with pytest.raises(UserError, match=r"no step 9,000: the ledger ends with step \d+"):
        ledger(LedgerConfig(phase=written.phase, step=9000))
    with pytest.raises(UserError, match="document nobody: in no step"):
        ledger(LedgerConfig(phase=written.phase, key="nobody"))
    with pytest.raises(ValidationError, match="not both"):
        LedgerConfig(phase=tmp_path, step=1, key="a")


def test_a_damaged_file_of_it_is_named(written):
    path = written.phase / "ledger" / "window-00000.parquet"
    path.write_bytes(path.read_bytes()[:50])
    for asked in ({"step": 0}, {"key": "a"}, {}):
        with pytest.raises(UserError, match=r"window-00000\.parquet: damaged"):
            ledger(LedgerConfig(phase=written.phase, **asked))
