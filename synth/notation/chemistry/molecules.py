"""Molecules worth drawing: from SMILES files, and joined to ones that no file holds."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from curation.errors import UserError

ELEMENTS = frozenset(["C", "N", "O", "S", "P", "F", "Cl", "Br", "I", "B", "Si", "Se", "Na", "K", "Li", "As"])
GROUPS = {
    "carboxylic acid": "[CX3](=O)[OX2H1]",
    "ester": "[#6][CX3](=O)[OX2H0][#6]",
    "amide": "[NX3][CX3](=[OX1])[#6]",
    "aldehyde": "[CX3H1](=O)[#6]",
    "ketone": "[#6][CX3](=O)[#6]",
    "alcohol": "[OX2H][CX4;!$(C([OX2H])[O,S,#7,#15])]",
    "phenol": "[OX2H][c]",
    "ether": "[OD2;!$(OC=O)]([#6])[#6]",
    "primary amine": "[NX3;H2;!$(NC=O);!$(NS=O)][#6]",
    "nitrile": "[NX1]#[CX2]",
    "nitro group": "[$([NX3](=O)=O),$([NX3+](=O)[O-])][!#8]",
    "thiol": "[#16X2H]",
    "sulfonamide": "[#16X4](=[OX1])(=[OX1])([#6])[NX3]",
    "benzene ring": "c1ccccc1",
}  # SMARTS as in the Daylight examples


def plain(smiles: str, atoms: tuple[int, int]) -> Any | None:
    """The molecule without its stereochemistry, atoms in canonical order; None where it cannot be drawn plainly.

    `atoms` are the least and most heavy atoms. Isotopes, radicals, dative bonds and rare elements are left out.
    """
    from rdkit import Chem

    molecule = parse(smiles)
    if molecule is None or not atoms[0] <= molecule.GetNumAtoms() <= atoms[1]:
        return None
    Chem.RemoveStereochemistry(molecule)
    odd = any(
        atom.GetSymbol() not in ELEMENTS or atom.GetIsotope() or atom.GetNumRadicalElectrons() or atom.GetAtomMapNum()
        for atom in molecule.GetAtoms()
    )
    kinds = (Chem.BondType.SINGLE, Chem.BondType.DOUBLE, Chem.BondType.TRIPLE, Chem.BondType.AROMATIC)
    if odd or any(bond.GetBondType() not in kinds for bond in molecule.GetBonds()):
        return None
    return parse(Chem.MolToSmiles(molecule))


def parse(smiles: str) -> Any:
    """An RDKit molecule; None where the line is no valid SMILES. Says nothing on standard error."""
    from rdkit import Chem, rdBase

    with rdBase.BlockLogs():
        return Chem.MolFromSmiles(smiles)


def groups(molecule: Any) -> list[str]:
    """The functional groups of GROUPS that a molecule holds, in that order."""
    return [name for name, pattern in _patterns().items() if molecule.HasSubstructMatch(pattern)]


@lru_cache
def _patterns() -> dict[str, Any]:
    from rdkit import Chem

    return {name: Chem.MolFromSmarts(pattern) for name, pattern in GROUPS.items()}


class Molecules:
    """Lines of SMILES files (the first word of each); none named: the 4,999 of the NCI that RDKit brings."""

    def __init__(self, files: tuple[str, ...], atoms: tuple[int, int], joined: float):
        from rdkit import RDConfig

        named = [Path(name) for name in files] or [Path(RDConfig.RDDataDir) / "NCI" / "first_5K.smi"]
        lines: list[str] = []
        for path in named:
            try:
                lines += [line.split()[0] for line in path.read_text().splitlines() if line.strip()]
            except (OSError, UnicodeDecodeError) as error:
                raise UserError(f"{path}: no file of SMILES lines: {error}") from error
        if not lines:
            raise UserError(f"{', '.join(map(str, named))}: no SMILES line")
        self.lines, self.atoms, self.joined = lines, atoms, joined

    def sample(self, rng: np.random.Generator) -> Any | None:
        """A molecule within the limits; None where 50 lines held none."""
        for _ in range(50):
            line = self._line(rng)
            if rng.random() < self.joined:
                line = _join(line, self._line(rng), rng)
            molecule = plain(line, self.atoms) if line else None
            if molecule is not None:
                return molecule
        return None

    def _line(self, rng: np.random.Generator) -> str:
        return self.lines[rng.integers(len(self.lines))]


def _join(one: str, two: str, rng: np.random.Generator) -> str:
    """Two molecules with a bond between carbons that have a hydrogen to give; empty where one has none."""
    from rdkit import Chem

    parts = [parse(one), parse(two)]
    if None in parts:
        return ""
    free = [
        [atom.GetIdx() for atom in part.GetAtoms() if atom.GetSymbol() == "C" and atom.GetTotalNumHs()]
        for part in parts
    ]
    if not all(free):
        return ""
    first, second = (places[rng.integers(len(places))] for places in free)
    whole = Chem.RWMol(Chem.CombineMols(*parts))
    whole.AddBond(first, parts[0].GetNumAtoms() + second, Chem.BondType.SINGLE)
    return Chem.MolToSmiles(whole)
