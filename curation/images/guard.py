"""Work on bytes that may be hostile, in a child process: a decoder's crash or hang costs one picture, not the job.

The child lives on from picture to picture, so that a guarded call costs little more than a copy through a pipe. It
answers with bytes, never with pickles: nothing of what a hostile picture may have made of the child is trusted.
"""

import contextlib
import fcntl
import json
import os
import resource
import select
import signal
import struct
import subprocess
import sys
import time
import weakref
from collections.abc import Callable
from importlib import import_module
from typing import IO, Any

from curation.errors import MediaError

_SIZE = struct.Struct(">Q")
_HEAD = struct.Struct(">?Q")  # whether it went well, and how many bytes follow
_PIPE = 1 << 20  # bytes: the largest that Linux grants to everybody, so that most pictures go through at once
_START = (
    "import sys; sys.path[:] = sys.argv[1].splitlines(); from curation.images.guard import main; main(*sys.argv[2:])"
)
_START_SECONDS = 120.0  # imports, on a machine that is busy


class Guard:
    """Calls `work`, a function of a module, on bytes in a child process; for one thread at a time.

    `seconds` and `memory` (bytes of address space) are what a call may take.
    """

    def __init__(self, work: Callable[[bytes], bytes], seconds: float = 20.0, memory: int = 4 << 30):
        self.arguments = [work.__module__, work.__name__, str(memory)]
        self.seconds = seconds
        self.child: subprocess.Popen[bytes] | None = None

    def __call__(self, data: bytes) -> bytes:
        """What `work` answers. Raises MediaError: its own, or with reason `timed out` or `crashed`."""
        child = self.child or self._start()
        try:
            assert child.stdin is not None
            child.stdin.write(_SIZE.pack(len(data)))
            child.stdin.write(data)
            child.stdin.flush()
            good, answer = self._answer(child, time.monotonic() + self.seconds)
        except TimeoutError as error:
            self.close()
            raise MediaError("timed out", f"not decoded within {self.seconds:g} seconds") from error
        except (EOFError, BrokenPipeError) as error:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(1)
            how = signal.Signals(-child.returncode).name if (child.returncode or 0) < 0 else f"exit {child.returncode}"
            self.close()
            raise MediaError("crashed", f"the decoder died of it ({how})") from error
        if not good:
            reason, detail = json.loads(answer)
            raise MediaError(str(reason), str(detail))
        return answer

    def close(self) -> None:
        """Ends the child; the next call starts another."""
        if self.child is not None:
            self.child = None
            self._finish()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", _START, "\n".join(sys.path), *self.arguments]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # each takes address space
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        with contextlib.suppress(OSError, AttributeError):  # a user may have only so much of large pipes; not on macOS
            fcntl.fcntl(child.stdin, fcntl.F_SETPIPE_SZ, _PIPE)  # type: ignore[arg-type]
        self.child, self._finish = child, weakref.finalize(self, _end, child)
        self._answer(child, time.monotonic() + _START_SECONDS)  # it is up
        return child

    def _answer(self, child: subprocess.Popen[bytes], deadline: float) -> tuple[bool, bytes]:
        assert child.stdout is not None
        good, size = _HEAD.unpack(_read(child.stdout, _HEAD.size, deadline))
        return good, _read(child.stdout, size, deadline)


def _read(file: IO[bytes], size: int, deadline: float) -> bytes:
    """Exactly so many bytes. Raises TimeoutError at the deadline and EOFError where the other side is gone."""
    poll = select.poll()  # select itself fails on the 1,024th open file
    poll.register(file, select.POLLIN)
    data = bytearray()
    while len(data) < size:
        if not poll.poll(1000 * max(0.0, deadline - time.monotonic())):
            raise TimeoutError
        piece = os.read(file.fileno(), size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()
    for file in (child.stdin, child.stdout):
        with contextlib.suppress(OSError):
            file.close()  # type: ignore[union-attr]


# --- in the child ---


def main(module: str, name: str, memory: str) -> None:
    """Answers calls until the parent goes away."""
    calls, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a library prints must not pass for an answer
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    work = getattr(import_module(module), name)
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (int(memory) if hard < 0 else min(int(memory), hard), hard))
    _send(answers, True, b"")
    while head := calls.read(_SIZE.size):
        data = calls.read(_SIZE.unpack(head)[0])
        try:
            answer = work(data)
        except MediaError as error:
            _send(answers, False, json.dumps([error.reason, error.args[1]]).encode())
        except Exception as error:
            _send(answers, False, json.dumps(["corrupt", f"{type(error).__name__}: {error}"]).encode())
        else:
            _send(answers, True, answer)


def _send(file: Any, good: bool, answer: bytes) -> None:
    file.write(_HEAD.pack(good, len(answer)))
    file.write(answer)
    file.flush()
