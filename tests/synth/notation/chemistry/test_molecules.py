"""Strokes and signs make molecules, apart from any picture."""

import pytest

from curation.errors import UserError
from synth.notation.chemistry import depiction
from synth.notation.chemistry.molecules import Molecules, groups, parse


def test_strokes_make_a_molecule():
    atoms = [[0, 0], [40, 0], [80, 0]]
    strokes = [[0, 0, 40, 0, 2], [40, 3, 70, 3, 2], [40, -3, 70, -3, 2]]
    assert depiction.read(atoms, [[2, "O", 73, 9, 20]], strokes) == "CC=O"
    assert depiction.read(atoms, [[2, "O", 73, 9, 20], [2, "H", 88, 9, 20]], strokes[:2]) == "CCO"
    with pytest.raises(ValueError, match="no stroke ends at atom 2"):
        depiction.read(atoms, [], strokes[:1])
    with pytest.raises(ValueError, match="joins no two atoms"):
        depiction.read(atoms, [], [*strokes, [0, 30, 40, 60, 2]])


def test_functional_groups_of_aspirin():
    found = groups(parse("CC(=O)Oc1ccccc1C(=O)O"))
    assert found == ["carboxylic acid", "ester", "benzene ring"]


def test_a_missing_file_of_molecules_is_named():
    with pytest.raises(UserError, match=r"none\.smi"):
        Molecules(("none.smi",), (1, 9), 0)
