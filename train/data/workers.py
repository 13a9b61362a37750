"""What every process that works for another does first."""

import multiprocessing
import os
import threading


def end_with_parent() -> None:
    """From now on this process ends when the one that started it does, even by a kill.

    Torch's own watch is not enough: a worker with results still to hand over waits for a reader, and one of a fork
    server watches that server, which the workers keep alive.
    """
    threading.Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)
