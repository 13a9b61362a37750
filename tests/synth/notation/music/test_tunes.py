"""ABC as music21 reads it, and the tunes that are drawn."""

from fractions import Fraction

import numpy as np

from synth.notation.music.abcread import parse
from synth.notation.music.tunes import METRES, composed, read_tunes


def test_accidentals_hold_for_their_bar_and_the_signature_for_all():
    abc = parse("X:1\nT:a\nM:2/4\nL:1/8\nK:G\nF2 ^C2 | C2 z2 | =F2 G,2 | G4 |]")
    assert abc.fifths == 1
    assert [[event[:2] for event in bar] for bar in abc.bars] == [
        [(3, 1), (0, 1)], [(0, 0), (None, 0)], [(3, 0), (-3, 0)], [(4, 0)],
    ]  # fmt: skip
    assert abc.ends == [["|", "|", "|", "|]"]]


def test_a_composed_tune_fills_its_bars_and_music21_reads_what_was_meant():
    for seed in range(20):
        tune = composed(np.random.default_rng(seed), 8)
        assert {bar.length for bar in tune.bars} == {Fraction(METRES[tune.metre])}
        heard = parse(tune.abc([len(tune.bars)])).bars
        assert [[event[2] for event in bar] for bar in heard] == [
            [value for _, value in bar.notes] for bar in tune.bars
        ]


def test_tunes_that_a_plain_score_cannot_say_are_passed_over(tmp_path):
    bars = "ABcd | efga | edcB | A4 |]"
    head = "X:{}\nT:Tune {}\nM:2/4\nL:1/8\nK:Am\n{}\n\n"
    bodies = [bars, "{g}A>B (c.d) | " + bars, "(3ABc d2 | " + bars, "|1 ABcd :|2 " + bars]
    path = tmp_path / "tunes.abc"
    path.write_text("".join(head.format(number, number, body) for number, body in enumerate(bodies)))
    tunes = read_tunes(path)
    assert [tune.title for tune in tunes] == ["Tune 0", "Tune 1"]
    assert tunes[1].bars[0].notes[:2] == (("A", Fraction(3, 4)), ("B", Fraction(1, 4)))
