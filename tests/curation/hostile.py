"""Decoders that do what a hostile picture can make them do; they run in a child process."""

import os
import signal
import time

from curation.errors import MediaError
from curation.images import pictures

CRASH, HANG = b"\x89PNG crash", b"\x89PNG hang"


def look(message: bytes) -> bytes:
    """`pictures.look`, with a weakness for two files."""
    if CRASH in message:
        os.kill(os.getpid(), signal.SIGSEGV)
    if HANG in message:
        time.sleep(60)
    return pictures.look(message)


def fickle(order: bytes) -> bytes:
    """Does as it is told."""
    match order:
        case b"crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case b"leave":
            os._exit(3)
        case b"hang":
            time.sleep(60)
        case b"print":
            os.write(1, b"noise that must not pass for an answer")
        case b"refuse":
            raise MediaError("svg", "a vector drawing")
        case b"fail":
            raise RuntimeError("broken")
        case b"gorge":
            bytearray(1 << 40)
        case b"process":
            return str(os.getpid()).encode()
    return order
