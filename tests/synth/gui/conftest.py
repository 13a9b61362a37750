"""A small application of our own, as a folder of pages: what the proofs of screens must see in any."""

from pathlib import Path

import pytest

from synth.gui.real import RealScreens, RealScreenSettings

STYLE = """
body{margin:0;font-size:15px;background:#f4f5f7;color:#1b1f24;display:flex;flex-direction:column;height:100vh}
header{background:#22384f;color:#fff;padding:12px 16px;display:flex;gap:16px;align-items:center}
h1{font-size:20px;margin:0} main{padding:16px;overflow:auto;flex:1}
button{font-size:15px;padding:8px 14px;border:1px solid #66788a;background:#fff;color:#1b1f24;border-radius:6px}
button:disabled{color:#77808a;background:#e9ecef} a{color:#0b4ea2}
.row{display:flex;gap:12px;align-items:center;background:#fff;border:1px solid #ccd3da;padding:8px 12px;margin:8px 0}
.row span{flex:1} input[type=text]{font-size:15px;padding:6px 8px;width:180px;border:1px solid #66788a}
.sw{width:44px;height:24px;border-radius:12px;border:0;background:#9aa5b1;padding:0;position:relative}
.sw[aria-checked=true]{background:#1b7f3c}
.sw::after{content:"";position:absolute;width:18px;height:18px;border-radius:9px;background:#fff;top:3px;left:3px}
.sw[aria-checked=true]::after{left:23px}
[role=tab]{border:0;border-radius:0;background:none} [role=tab][aria-selected=true]{border-bottom:3px solid #0b4ea2}
.veil{position:fixed;inset:0;background:rgba(0,0,0,.45)}
[role=dialog]{position:fixed;left:25%;top:30%;width:50%;background:#fff;padding:20px;border-radius:10px}
"""
BODY = """
<header><h1>Storage room</h1><button id="more" aria-expanded="false">More</button></header>
<main>
<div role="tablist" aria-label="Sections"><button role="tab" aria-selected="true">Boxes</button>
<button role="tab" aria-selected="false">Shelves</button><button role="tab" aria-selected="false">Keys 12</button></div>
<p>There are 37 boxes on <a href="#shelf">shelf 4</a>.</p>
<label for="find">Name of box</label> <input type="text" id="find" value="winter coats">
<div role="list">
<div role="listitem" class="row"><span>Anna Smith</span><button>Edit</button><button>Delete</button></div>
<div role="listitem" class="row"><span>Boris Klein</span><button>Edit</button><button disabled>Delete</button></div>
<div role="listitem" class="row"><span>Carla Diaz</span><button>Edit</button><button>Delete</button></div>
</div>
<div class="row"><span id="a">Lock at night</span>
<button class="sw" role="switch" aria-checked="true" aria-labelledby="a"></button></div>
<div class="row"><span id="b">Heating</span>
<button class="sw" role="switch" aria-checked="false" aria-labelledby="b"></button></div>
<button>Save list</button> <button id="far" style="margin-top:1500px;display:block">Send report 88</button>
</main>"""
DIALOG = """<div class="veil"></div><div role="dialog" aria-labelledby="t"><h2 id="t">Delete box 21?</h2>
<p>This cannot be undone.</p><button>Keep it</button> <button>Delete now</button></div>"""
SCRIPT = """<script>for (const s of document.querySelectorAll('[role=switch]')) s.onclick = () =>
s.setAttribute('aria-checked', s.getAttribute('aria-checked') !== 'true');
for (const t of document.querySelectorAll('[role=tab]')) t.onclick = () => {
for (const o of document.querySelectorAll('[role=tab]')) o.setAttribute('aria-selected', o === t); };</script>"""


def page(body: str) -> str:
    return f"<!DOCTYPE html><html><head><title>x</title><style>{STYLE}</style></head><body>{body}{SCRIPT}</body></html>"


# What real pages do: icons as signs of a font, boxes drawn by labels, states that are not so, small headings first.
WILD = """<style>i::before{content:"\\f015 "} .box{position:relative;padding-left:30px;display:inline-block}
.box::before{content:"";position:absolute;left:0;top:2px;width:14px;height:14px;border:1px solid #333}
#ok{position:absolute;opacity:0}</style><h3 style="font-size:13px">More of it:</h3><h1>Opening hours</h1>
<a href="#x"><i></i>Pages</a> <a href="#y" title="Start page"><i></i></a> <a href="#z"><i></i></a>
<button aria-expanded="true" aria-controls="menu">Sections</button><div id="menu" style="display:none">hidden</div>
<button aria-expanded="true" aria-controls="part">Parts</button><div id="part">a part</div>
<div><input type="checkbox" id="ok"><label class="box" for="ok">Remember me</label></div>
<div role="status" style="position:fixed;inset:0;pointer-events:none"><div role="list"></div></div>"""


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    (folder / "room.html").write_text(page(BODY))
    (folder / "dialog.html").write_text(page(BODY + DIALOG))
    return folder


@pytest.fixture(scope="session")
def wilds(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wilds")
    (folder / "wild.html").write_text(page(WILD))
    return folder


@pytest.fixture(scope="session")
def real(site):
    """A generator over both pages, small screens, stored without loss."""
    settings = RealScreenSettings.model_validate(
        {"site": str(site), "sizes": {"pixels": (200_704, 602_112)}, "views": {"count": 18}, "acts": (0, 2)}
    )
    generator = RealScreens(settings)
    yield generator
    generator.close()
