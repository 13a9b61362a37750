"""Reads a structural formula back: labels and strokes, proved by the ink, make a molecule; its SMILES is compared."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from synth.notation.chemistry.molecules import ELEMENTS
from synth.notation.glyphs import font_file, text_glyph
from synth.notation.redrawing import Redrawing, box_faults

ALIKE = ("BCFHIKLNOPSA", "aeilrs", "123456789", "+−")  # what a sign could be mistaken for
NEAR = 0.3  # of a bond's length: how far a stroke's end may lie aside of its atom; it stops short before a label


def ink_faults(seen: np.ndarray, truth: Mapping[str, Any]) -> list[str]:
    """Signs and strokes that the ink is not, and ink that is neither."""
    redrawing = Redrawing(*seen.shape)
    font = font_file(truth["font"])
    for _, sign, x, y, size in truth["glyphs"]:
        rivals = next((signs for signs in ALIKE if sign in signs), "")
        redrawing.glyph(text_glyph(font, size, sign, x, y, rivals))
    for number, stroke in enumerate(truth["strokes"]):
        redrawing.stroke(f"stroke {number}", *stroke)
    return [*redrawing.faults(seen), *box_faults(seen, truth["box"])]


def reading_faults(truth: Mapping[str, Any]) -> list[str]:
    """Where signs and strokes make another molecule than the SMILES."""
    try:
        smiles = read(truth["atoms"], truth["glyphs"], truth["strokes"])
    except ValueError as error:
        return [str(error)]
    return [] if smiles == truth["smiles"] else [f"{smiles} is drawn, not {truth['smiles']}"]


def read(atoms: Sequence[Sequence[float]], glyphs: Sequence[Any], strokes: Sequence[Sequence[float]]) -> str:
    """The canonical SMILES of what is drawn: atoms at points, carbon where no label stands, a bond for each stroke.

    Raises ValueError where a sign or a stroke belongs to no atom or the molecule is impossible.
    """
    from rdkit import Chem, rdBase

    places = np.array(atoms, float).reshape(-1, 2)
    molecule = Chem.RWMol()
    for number in range(len(places)):
        molecule.AddAtom(_atom(places[number], [each for each in glyphs if each[0] == number]))
    if any(not 0 <= each[0] < len(places) for each in glyphs):
        raise ValueError("a label belongs to no atom")
    orders = _bonds(places, strokes)
    _check_ends(places, {each[0] for each in glyphs}, np.array(strokes, float).reshape(-1, 5))
    for (one, two), order in sorted(orders.items()):
        molecule.AddBond(one, two, Chem.BondType.values[order])
    alone = set(range(len(places))) - {end for pair in orders for end in pair} - {each[0] for each in glyphs}
    if alone:
        raise ValueError(f"nothing is drawn at atom {min(alone)}")
    try:
        with rdBase.BlockLogs():
            Chem.SanitizeMol(molecule)
    except (RuntimeError, ValueError) as error:
        raise ValueError(f"what is drawn is no molecule: {error}") from error
    return Chem.MolToSmiles(Chem.MolFromSmiles(Chem.MolToSmiles(molecule)) or molecule)


def _check_ends(places: np.ndarray, labelled: set[int], strokes: np.ndarray) -> None:
    """Raises ValueError where an atom without a label is not where a stroke ends."""
    ends = strokes[:, :4].reshape(-1, 2)
    length = float(np.median(np.hypot(*(strokes[:, 2:4] - strokes[:, :2]).T))) if len(strokes) else 0.0
    for number in sorted(set(range(len(places))) - labelled):
        if not len(ends) or np.hypot(*(ends - places[number]).T).min() > max(0.15 * length, 2):
            raise ValueError(f"no stroke ends at atom {number}")


def _atom(place: np.ndarray, glyphs: list[Any]) -> Any:
    """Element, hydrogens and charge by the signs of a label, wherever round the element they stand."""
    from rdkit import Chem

    if not glyphs:
        return Chem.Atom("C")
    size = max(each[4] for each in glyphs)
    capitals = [each for each in glyphs if each[1].isupper()]
    if not capitals:
        raise ValueError("a label without an element")
    middle = [
        (abs(each[2] + 0.36 * size - place[0]) + abs(each[3] - 0.36 * size - place[1]), each) for each in capitals
    ]
    distance, first = min(middle, key=lambda pair: (pair[0], pair[1][1] == "H"))
    if distance > 0.8 * size:
        raise ValueError(f"the label {first[1]!r} stands {distance:.0f} px from its atom")
    second = [each for each in glyphs if each[1].islower()]
    symbol = first[1] + "".join(each[1] for each in second)
    if symbol not in ELEMENTS:
        raise ValueError(f"{symbol!r} is no element that is drawn")
    atom = Chem.Atom(symbol)
    hydrogens = [each for each in capitals if each is not first]
    if any(each[1] != "H" for each in hydrogens) or len(hydrogens) > 1 or len(second) > 1:
        raise ValueError("a label with two elements")
    raised = [each for each in glyphs if each[1].isdigit() and each[3] < first[3] and _beside(each, first, hydrogens)]
    lowered = [each for each in glyphs if each[1].isdigit() and each not in raised]
    if lowered and not hydrogens:
        raise ValueError("a number that counts nothing")
    sign = sum({"+": 1, "−": -1}.get(each[1], 0) for each in glyphs)
    atom.SetFormalCharge(sign * (int(raised[0][1]) if raised else 1))
    atom.SetNumExplicitHs(int(lowered[0][1]) if lowered else len(hydrogens))
    atom.SetNoImplicit(True)
    return atom


def _beside(digit: Any, first: Any, hydrogens: list[Any]) -> bool:
    """Whether a digit above the baseline is raised, and not the foot of an H that stands a line higher."""
    return not any(each[3] < digit[3] for each in hydrogens)


def _bonds(places: np.ndarray, strokes: Sequence[Sequence[float]]) -> dict[tuple[int, int], int]:
    """(atom, atom) -> order: the most strokes that lie side by side somewhere along the bond."""
    spans: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for number, (x1, y1, x2, y2, _) in enumerate(strokes):
        ends = np.array([[x1, y1], [x2, y2]], float)
        pair, span = _pair(places, ends, number)
        spans.setdefault(pair, []).append(span)
    points = (0.42, 0.46, 0.5, 0.54, 0.58)
    orders = {pair: max(sum(a <= t <= b for a, b in each) for t in points) for pair, each in spans.items()}
    if any(not 1 <= order <= 3 for order in orders.values()):
        raise ValueError("a bond of no known order")
    return orders


def _pair(places: np.ndarray, ends: np.ndarray, number: int) -> tuple[tuple[int, int], tuple[float, float]]:
    """The atoms that a stroke joins, and from where to where along them it runs, as shares of the way."""
    first, second = np.triu_indices(len(places), 1)
    start, along = places[first], places[second] - places[first]
    length = np.maximum(np.linalg.norm(along, axis=1), 1e-6)
    unit = along / length[:, None]
    shares, fits = [], np.ones(len(first), bool)
    for end in ends:
        away = end - start
        share = (away * unit).sum(axis=1) / length
        aside = np.abs(away[:, 0] * unit[:, 1] - away[:, 1] * unit[:, 0])
        fits &= (aside < NEAR * length) & (share > -0.08) & (share < 1.08)
        shares.append(share)
    way = ends[1] - ends[0]
    turn = np.abs(way[0] * unit[:, 1] - way[1] * unit[:, 0]) / max(float(np.hypot(*way)), 1e-6)
    fits &= turn < 0.2
    if not fits.any():
        raise ValueError(f"stroke {number} joins no two atoms")
    best = int(np.argmin(np.where(fits, length, np.inf)))
    low, high = sorted((float(shares[0][best]), float(shares[1][best])))
    return (int(first[best]), int(second[best])), (low, high)
