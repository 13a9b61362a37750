"""A spec as one HTML page."""

import json

from synth.gui.apps.files import script
from synth.gui.apps.task import Spec

STYLES = ("base.css", "widgets.css", "frame.css", "shell.css", "kinds.css", "families.css")
RUNTIME = ("runtime.js", "input.js", "icons.js", "widgets.js", "choosers.js", "frame.js", "shell.js")


def html(spec: Spec) -> str:
    """The page, which needs nothing else."""
    theme = spec["theme"]
    tokens = "".join(f"--{name}:{value};" for name, value in theme["tokens"].items())
    kinds = sorted({app["kind"] for app in spec["apps"]})
    code = "\n".join(script(name) for name in (*RUNTIME, *(f"kinds/{kind}.js" for kind in kinds)))
    # Sorted, as a stored spec is: Javascript keeps the order of keys.
    given = json.dumps(spec, ensure_ascii=False, sort_keys=True).replace("</", "<\\/")
    return (
        f'<!DOCTYPE html><html lang="{spec["language"]}" dir="{"rtl" if spec["rtl"] else "ltr"}" '
        f'data-family="{theme["family"]}" data-platform="{spec["platform"]}" {"data-dark" if theme["dark"] else ""}>'
        f'<head><meta charset="utf-8"><title>{_escaped(spec["apps"][0]["name"])}</title>'
        f"<style>:root{{{tokens}}}\n{''.join(script(name) for name in STYLES)}</style></head><body>"
        f'<script type="application/json" id="spec">{given}</script>'
        f'<script>(() => {{ "use strict";\n{code}\nbegin();\n}})();</script></body></html>'
    )


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
