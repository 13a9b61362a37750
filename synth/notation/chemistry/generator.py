"""Structural formulas of molecules, and what they say: SMILES, sum formula, counts, groups, atoms' places."""

import copy
from collections import Counter
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from curation.document import Box, Point
from synth.notation.chemistry import depiction, structure
from synth.notation.chemistry.molecules import Molecules, groups, parse, plain
from synth.notation.documents import NotationChecker, NotationSettings, Truth, ink_box_lie
from synth.notation.figure import Figure
from synth.notation.glyphs import font_file
from synth.sample import Checker, Draft, Failure, Generator, Unproven

NAMES = {
    **{"C": "carbon", "N": "nitrogen", "O": "oxygen", "S": "sulfur", "P": "phosphorus", "F": "fluorine"},
    **{"Cl": "chlorine", "Br": "bromine", "I": "iodine", "B": "boron", "Si": "silicon", "Se": "selenium"},
    **{"Na": "sodium", "K": "potassium", "Li": "lithium", "As": "arsenic"},
}


class ChemistrySettings(NotationSettings):
    """`smiles` names files whose lines begin with a SMILES (none: the 4,999 that RDKit brings); `atoms` is (least,
    most) heavy atoms; `joined` the share of molecules joined from two; `widest` the longest side in pixels.
    """

    smiles: tuple[str, ...] = ()
    atoms: tuple[int, int] = (4, 34)
    joined: float = Field(0.3, ge=0, le=1)
    widest: int = Field(1204, ge=140, le=4004)


class ChemistryChecker(NotationChecker):
    heading: ClassVar[str] = 'class="chemical formula" format="smile"'
    requests: ClassVar[tuple[str, ...]] = (
        "Write the SMILES of this molecule.",
        "Which molecule is this? Answer with its SMILES.",
        "Transcribe the structural formula as a SMILES string.",
        "Give the SMILES notation of the drawn structure.",
    )

    def content(self, truth: Truth) -> str:
        return truth["smiles"]

    def answers(self, truth: Truth) -> dict[str, tuple[str, str]]:
        from rdkit.Chem import BondType, rdMolDescriptors

        molecule = parse(truth["smiles"])
        if molecule is None:
            return {}
        found = groups(molecule)
        count = Counter(atom.GetSymbol() for atom in molecule.GetAtoms())
        bonds = Counter(bond.GetBondType() for bond in molecule.GetBonds())
        said = {
            "formula": ("What is the molecular formula?", rdMolDescriptors.CalcMolFormula(molecule)),
            "rings": ("How many rings does the molecule have?", str(rdMolDescriptors.CalcNumRings(molecule))),
            "heavy": ("How many atoms other than hydrogen are there?", str(molecule.GetNumAtoms())),
            "triple": ("How many triple bonds are drawn?", str(bonds[BondType.TRIPLE])),
            "groups": (
                "Which functional groups does it contain?",
                ", ".join(found) if found else "none of the common ones",
            ),
        }
        for symbol in ("C", "N", "O", "S", "F", "Cl", "Br"):
            said[symbol] = (f"How many {NAMES[symbol]} atoms does the structure contain?", str(count[symbol]))
        for name in ("carboxylic acid", "ketone", "nitro group", "benzene ring", "amide"):
            said[name] = (f"Is there a {name}?".replace("a a", "an a"), "yes" if name in found else "no")
        return said

    def places(self, truth: Truth) -> dict[str, tuple[str, list[tuple[str, Box | Point]]]]:
        molecule = parse(truth["smiles"])
        if molecule is None or molecule.GetNumAtoms() != len(truth["atoms"]):
            return {}
        at: dict[str, list[tuple[str, Box | Point]]] = {}
        for atom, (x, y) in zip(molecule.GetAtoms(), truth["atoms"], strict=True):
            name = NAMES.get(atom.GetSymbol(), atom.GetSymbol())
            at.setdefault(atom.GetSymbol(), []).append((name, Point(0, x, y)))
        return {
            symbol: (f"Point to every {each[0][0]} atom.", sorted(each, key=lambda one: (one[1].x, one[1].y)))  # type: ignore[union-attr]
            for symbol, each in at.items()
            if symbol != "C"
        }

    def drawn(self, truth: Truth) -> Truth:
        return {name: truth[name] for name in ("glyphs", "strokes", "font", "box")}

    def ink_faults(self, seen: np.ndarray, truth: Truth) -> list[str]:
        return depiction.ink_faults(seen, truth)

    def reading_faults(self, seen: np.ndarray, truth: Truth) -> list[str]:
        return depiction.reading_faults(truth)

    def lies(self, truth: dict[str, Any], rng: np.random.Generator) -> Iterator[tuple[str, dict[str, Any]]]:
        yield "box_shifted", ink_box_lie(truth)
        yield "atom_moved", _moved(truth, rng)
        for name, other in _other_molecules(truth["smiles"], rng):
            if other and other != truth["smiles"]:
                yield name, {**truth, "smiles": other}
        yield from _other_drawings(truth, rng)


class Chemistry(Generator):
    name: ClassVar[str] = "chemistry"
    version: ClassVar[str] = "1"
    settings = ChemistrySettings
    tools: ClassVar[tuple[str, ...]] = ("pillow", "rdkit", "resvg_py")

    def __init__(self, settings: ChemistrySettings):
        self.options = settings
        self.checker = self.make_checker(settings)
        self.molecules = Molecules(settings.smiles, settings.atoms, settings.joined)
        for family in structure.FAMILIES:
            font_file(family)  # says at once what is missing
        self.licence = "molecules: public domain (NCI)" if not settings.smiles else ""

    @classmethod
    def make_checker(cls, settings: Any) -> Checker:
        return ChemistryChecker()

    def draw(self, rng: np.random.Generator) -> Figure:
        """A molecule drawn clearly; raises Unproven where ten could not be."""
        for _ in range(10):
            molecule = self.molecules.sample(rng)
            figure = structure.draw(molecule, rng, self.options.widest) if molecule is not None else None
            if figure is not None:
                return figure
        raise Unproven([Failure("draw", "ten molecules had no clear drawing within the limits")])

    def drafts(self, rng: np.random.Generator) -> Iterator[Draft]:
        checker = self.checker
        assert isinstance(checker, ChemistryChecker)
        yield from checker.drafts(self.draw(rng), self.options, rng)


def _moved(truth: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """An atom half a bond away from where it is drawn."""
    changed = copy.deepcopy(truth)
    at = changed["atoms"][rng.integers(len(changed["atoms"]))]
    length = min((np.hypot(at[0] - x, at[1] - y) for x, y in truth["atoms"] if [x, y] != at), default=40.0)
    turn = rng.uniform(0, 2 * np.pi)
    at[0], at[1] = at[0] + 0.5 * length * float(np.cos(turn)), at[1] + 0.5 * length * float(np.sin(turn))
    return changed


def _other_molecules(smiles: str, rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """SMILES of molecules near the drawn one; the drawing's signs stay as they are."""
    yield "atom_replaced", _edited(smiles, rng, _replace)
    yield "bond_order_changed", _edited(smiles, rng, _reorder)
    yield "charge_changed", _edited(smiles, rng, _charge)
    yield "atom_added", _edited(smiles, rng, _add)
    yield "atom_dropped", _edited(smiles, rng, _drop)


def _edited(smiles: str, rng: np.random.Generator, edit: Any) -> str:
    """The canonical SMILES after an edit; empty where twelve tries gave no possible molecule."""
    from rdkit import Chem

    for _ in range(12):
        molecule = Chem.RWMol(parse(smiles))
        Chem.Kekulize(molecule, clearAromaticFlags=True)
        edit(molecule, rng)
        try:
            text = Chem.MolToSmiles(molecule)
        except RuntimeError:
            continue
        other = plain(text, (1, 200))
        if other is not None and Chem.MolToSmiles(other) != smiles:
            return Chem.MolToSmiles(other)
    return ""


def _replace(molecule: Any, rng: np.random.Generator) -> None:
    atom = molecule.GetAtomWithIdx(int(rng.integers(molecule.GetNumAtoms())))
    atom.SetAtomicNum(int(rng.choice([6, 7, 8, 16, 9, 17])))
    atom.SetFormalCharge(0)
    atom.SetNoImplicit(False)
    atom.SetNumExplicitHs(0)


def _reorder(molecule: Any, rng: np.random.Generator) -> None:
    from rdkit.Chem import BondType

    if molecule.GetNumBonds():
        bond = molecule.GetBondWithIdx(int(rng.integers(molecule.GetNumBonds())))
        kinds = [kind for kind in (BondType.SINGLE, BondType.DOUBLE, BondType.TRIPLE) if kind != bond.GetBondType()]
        bond.SetBondType(kinds[rng.integers(2)])


def _charge(molecule: Any, rng: np.random.Generator) -> None:
    polar = [atom for atom in molecule.GetAtoms() if atom.GetSymbol() in ("N", "O", "S", "P")]
    if polar:
        atom = polar[rng.integers(len(polar))]
        atom.SetFormalCharge(int(rng.choice([charge for charge in (-1, 0, 1) if charge != atom.GetFormalCharge()])))
        atom.SetNoImplicit(False)
        atom.SetNumExplicitHs(0)


def _add(molecule: Any, rng: np.random.Generator) -> None:
    from rdkit import Chem

    place = int(rng.integers(molecule.GetNumAtoms()))
    molecule.AddBond(place, molecule.AddAtom(Chem.Atom(int(rng.choice([6, 8, 7, 17])))), Chem.BondType.SINGLE)


def _drop(molecule: Any, rng: np.random.Generator) -> None:
    ends = [atom.GetIdx() for atom in molecule.GetAtoms() if atom.GetDegree() <= 1]
    if ends and molecule.GetNumAtoms() > 2:
        molecule.RemoveAtom(ends[rng.integers(len(ends))])


def _other_drawings(truth: dict[str, Any], rng: np.random.Generator) -> Iterator[tuple[str, dict[str, Any]]]:
    """Lies whose signs agree with one another: only the ink is against them."""
    for name, key in (("sign_changed", "glyphs"), ("stroke_dropped", "strokes"), ("stroke_added", "strokes")):
        for _ in range(12):
            changed = copy.deepcopy(truth)
            if not changed[key]:
                break
            place = int(rng.integers(len(changed[key])))
            if name == "sign_changed":
                sign = changed[key][place][1]
                kind = next(
                    kind for kind in (("N", "O", "S", "F", "C"), ("2", "3"), ("+", "−"), (sign,)) if sign in kind
                )
                changed[key][place][1] = str(rng.choice(kind))
            elif name == "stroke_dropped":
                del changed[key][place]
            else:
                x1, y1, x2, y2, width = changed[key][place]
                away = np.array([y1 - y2, x2 - x1]) / max(np.hypot(x2 - x1, y2 - y1), 1) * 6
                dx, dy = (float(each) for each in away)
                changed[key].append([x1 + dx, y1 + dy, x2 + dx, y2 + dy, width])
            try:
                changed["smiles"] = depiction.read(changed["atoms"], changed["glyphs"], changed["strokes"])
            except (RuntimeError, ValueError):
                continue
            if changed["smiles"] != truth["smiles"] and plain(changed["smiles"], (1, 200)) is not None:
                yield name, changed
                break
