"""The log of every job: short lines on stderr, and the pace of long work."""

import logging
import sys
import time

LOG = logging.getLogger("vlforge")
_RETRY = "apache_beam.utils.retry"  # a bucket that does not answer is asked again for ten minutes


def log_to_stderr(prefix: str = "") -> None:
    """Our own lines as they are; of Beam's log only what `show_beam` lets through, each line begun by `beam:`."""
    root = logging.getLogger()
    if any(isinstance(handler, _Stderr) for handler in root.handlers):
        return
    root.addHandler(_Stderr(prefix))
    LOG.setLevel(logging.INFO)


def show_beam(level: int) -> None:
    """Shows Beam's log from this level on: a remote job's is worth reading, a local one's only repeats the error."""
    logging.getLogger().setLevel(min(level, logging.WARNING))
    for handler in logging.getLogger().handlers:
        if isinstance(handler, _Stderr):
            handler.beam = level


class _Stderr(logging.StreamHandler):
    def __init__(self, prefix: str):
        super().__init__(sys.stderr)
        self.prefix, self.beam = prefix, logging.CRITICAL

    def filter(self, record: logging.LogRecord) -> bool:
        return record.name in (LOG.name, _RETRY) or record.levelno >= self.beam

    def format(self, record: logging.LogRecord) -> str:
        said = super().format(record)
        if record.name == _RETRY:
            said = said.partition("\n")[0]  # without the traceback
        return (self.prefix if record.name == LOG.name else "beam: ") + said


class Progress:
    """Logs how many elements this worker has done and how fast, at most every `every` seconds."""

    def __init__(self, label: str, noun: str, every: float = 10.0):
        self.label, self.noun, self.every = label, noun, every
        self.done, self.start = 0, time.monotonic()
        self.last = self.start

    def step(self, count: int = 1) -> None:
        self.done += count
        now = time.monotonic()
        if now - self.last >= self.every:
            self.last = now
            LOG.info("%s: %s %s, %.1f/s", self.label, f"{self.done:,}", self.noun, self.done / (now - self.start))
