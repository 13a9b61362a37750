"""The log of every job: short lines on stderr, and the pace of long work."""

import logging
import re
import sys
import time

LOG = logging.getLogger("vlforge")


def log_to_stderr() -> None:
    """One line a message for our own log; Beam's own starts with `beam:`."""
    root = logging.getLogger()
    if any(isinstance(handler.formatter, _Tidy) for handler in root.handlers):
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Tidy())
    handler.addFilter(_unwrap)
    root.addHandler(handler)
    root.setLevel(logging.ERROR)  # Beam warns of what is not installed as soon as it is imported
    LOG.setLevel(logging.INFO)


class _Tidy(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return super().format(record) if record.name == LOG.name else f"beam: {super().format(record)}"


_MESSAGE = re.compile(r'\bmessage: "((?:[^"\\]|\\.)*)".*\blog_location: "[^"]*/pipelines/')


def _unwrap(record: logging.LogRecord) -> bool:
    """Local worker processes send their log as a protobuf's text: takes our own lines out of it, drops the rest."""
    if not record.name.startswith("apache_beam.runners.portability.local_job_service"):
        return True
    if ours := _MESSAGE.search(record.getMessage()):
        record.name, record.msg, record.args = LOG.name, ours[1], ()
    return bool(ours)


class Progress:
    """Logs how many elements this worker has done and how fast, at most every `every` seconds."""

    def __init__(self, label: str, noun: str, every: float = 5.0):
        self.label, self.noun, self.every = label, noun, every
        self.done, self.start = 0, time.monotonic()
        self.last = self.start

    def step(self, count: int = 1) -> None:
        self.done += count
        now = time.monotonic()
        if now - self.last >= self.every:
            self.last = now
            LOG.info("%s: %s %s, %.1f/s", self.label, f"{self.done:,}", self.noun, self.done / (now - self.start))
