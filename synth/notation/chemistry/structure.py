"""Structural formulas drawn by RDKit as SVG, rasterised by resvg, with what was drawn where."""

import math
import re
from typing import Any

import numpy as np

from synth.notation.figure import Figure, extent, inked, rasterise
from synth.notation.glyphs import font_file

FAMILIES = ("Liberation Sans", "DejaVu Sans", "Liberation Serif")  # Debian: fonts-liberation2, fonts-dejavu-core
PAPERS = ("#FFFFFF", "#FFFFFF", "#FFFFFF", "#FFFEF5", "#F5F7FA", "#FDF6E3", "#EEF6EE", "#F7F0FA")
_STROKE = re.compile(r"<path class='bond-\d+[^']*' d='M ([-\d.]+),([-\d.]+) L ([-\d.]+),([-\d.]+)'")
_SIGN = re.compile(r"<text x='([-\d.]+)' y='([-\d.]+)' class='atom-(\d+)' style='font-size:(\d+)px[^>]*>(.)</text>")


def draw(molecule: Any, rng: np.random.Generator, widest: int = 1400) -> Figure | None:
    """A picture of sides in multiples of 28, at most `widest`; None where the molecule cannot be drawn clearly.

    The truth: `smiles`, `atoms` (x, y of each in the order of the SMILES), `glyphs` ([atom, sign, x, y, size] at the
    baseline), `strokes` ([x1, y1, x2, y2, width]), the `font` and the ink's `box`.
    """
    from rdkit import Chem
    from rdkit.Chem import rdDepictor
    from rdkit.Chem.Draw import rdMolDraw2D

    rdDepictor.SetPreferCoordGen(False)
    rdDepictor.Compute2DCoords(molecule)
    _turn(molecule, float(rng.choice([0, 0, 30, 60, 90, 180, rng.uniform(0, 360)])), bool(rng.random() < 0.3))
    bond = float(rng.uniform(34, 56))
    size = int(np.clip(round(bond * rng.uniform(0.42, 0.55)), 15, 28))
    width = float(rng.choice([1.5, 2, 2, 2.5, 3])) if bond > 42 else float(rng.choice([1.5, 2]))
    if _crowded(molecule):
        return None
    sides = _sides(molecule, bond, size)
    if max(sides) > widest:
        return None
    drawer = rdMolDraw2D.MolDraw2DSVG(*sides, -1, -1, True)
    options: Any = drawer.drawOptions()
    paper = PAPERS[rng.integers(len(PAPERS))]
    _style(options, drawer, rng, paper)
    options.fixedBondLength, options.bondLineWidth, options.fixedFontSize = bond, width, size
    options.scaleBondWidth, options.prepareMolsBeforeDrawing = False, True
    rdMolDraw2D.PrepareAndDrawMolecule(drawer, Chem.Mol(molecule))
    points = [drawer.GetDrawCoords(number) for number in range(molecule.GetNumAtoms())]
    drawer.FinishDrawing()
    family = FAMILIES[rng.integers(len(FAMILIES))]
    svg = drawer.GetDrawingText().replace("font-family:sans-serif", f"font-family:{family}").replace(">-<", ">−<")
    image = rasterise(svg.replace("encoding='iso-8859-1'", "encoding='utf-8'"), "#ffffff", font_file(family))
    truth = {
        "smiles": Chem.MolToSmiles(molecule),
        "atoms": [[round(point.x, 2), round(point.y, 2)] for point in points],
        "glyphs": [[int(a), sign, float(x), float(y), int(px)] for x, y, a, px, sign in _SIGN.findall(svg)],
        "strokes": [[*map(float, found), width] for found in _STROKE.findall(svg)],
        "font": family,
        "box": extent(inked(image)),
    }
    return Figure(image, truth)


def _style(options: Any, drawer: Any, rng: np.random.Generator, paper: str) -> None:
    from rdkit.Chem.Draw import rdMolDraw2D

    colours = rng.random()
    if colours < 0.15:
        rdMolDraw2D.SetDarkMode(drawer)
        options.setBackgroundColour((0, 0, 0) if colours < 0.05 else (0.09, 0.1, 0.16))
        return
    options.setBackgroundColour(tuple(int(paper[at : at + 2], 16) / 255 for at in (1, 3, 5)))
    if colours < 0.5:
        options.useBWAtomPalette()
    options.explicitMethyl = bool(rng.random() < 0.15)


def _turn(molecule: Any, degrees: float, mirror: bool) -> None:
    from rdkit.Chem import rdMolTransforms

    angle = math.radians(degrees)
    matrix = np.eye(4)
    matrix[:2, :2] = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    if mirror:
        matrix[0] *= -1
    rdMolTransforms.TransformConformer(molecule.GetConformer(), matrix)


def _crowded(molecule: Any) -> bool:
    """Whether atoms lie upon each other, or bonds cross: people could not read it either."""
    at = molecule.GetConformer().GetPositions()[:, :2]
    gaps = np.linalg.norm(at[:, None] - at[None], axis=2) + 10 * np.eye(len(at))
    bonds = [(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in molecule.GetBonds()]
    lengths = [float(gaps[one, two]) for one, two in bonds]
    if gaps.min(initial=9) < 0.7 or (lengths and max(lengths) > 2.2):
        return True
    for number, (one, two) in enumerate(bonds):
        for three, four in bonds[:number]:
            if len({one, two, three, four}) == 4 and _cross(at[one], at[two], at[three], at[four]):
                return True
        along = at[two] - at[one]  # an atom beside a bond that is not its own hides it
        others = np.delete(at, [one, two], axis=0) - at[one]
        share = others @ along / (along @ along)
        beside = np.abs(others @ np.array([-along[1], along[0]])) / np.linalg.norm(along)
        if ((share > 0) & (share < 1) & (beside < 0.35)).any():
            return True
    return False


def _cross(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> bool:
    def side(p, q, r):
        return np.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))

    return side(a, b, c) != side(a, b, d) and side(c, d, a) != side(c, d, b)


def _sides(molecule: Any, bond: float, size: int) -> tuple[int, int]:
    """Multiples of 28 that hold the drawing and its labels; RDKit's bonds are 1.5 long."""
    at = molecule.GetConformer().GetPositions()[:, :2]
    spans = (at.max(axis=0) - at.min(axis=0)) * bond / 1.5 * 1.05 + 5 * size
    return tuple(max(math.ceil(float(span) / 28), 5) * 28 for span in spans)  # type: ignore[return-value]
