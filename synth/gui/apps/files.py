"""The files beside the code: scripts and styles of the applications."""

from functools import cache
from importlib.resources import files


@cache
def script(name: str) -> str:
    """A text file under `static/`: `runtime.js`, `kinds/mail.js`, `base.css`."""
    return (files("synth.gui.apps") / "static" / name).read_text("utf-8")
