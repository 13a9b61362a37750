"""Proven grounding samples a second a core, drawing, encoding and proof included.

python tests/bench/synth_rate.py SPRITES BACKGROUNDS     a colour emoji font or PNG folder; a folder of photographs
"""

import argparse
import time
from collections import Counter

from synth.grounding import Grounding, GroundingSettings
from synth.proof import Unproven
from synth.scene import SceneSettings

CASES = {
    "112 x 112, 2-4 objects, 16 names": (
        SceneSettings(canvases=((112, 112),), objects=(2, 4), kinds=(1, 3), sizes=(0.26, 0.46)),
        16,
    ),
    "448 x 336, 3-8 objects, all names": (SceneSettings(canvases=((448, 336),), objects=(3, 8)), 0),
    "1232 x 924, 20 objects, all names": (SceneSettings(canvases=((1232, 924),), objects=(20, 20)), 0),
}


def measure(sprites: str, backgrounds: str, scene: SceneSettings, names: int, seconds: float) -> tuple[float, Counter]:
    """Samples a second of CPU time, and what was rejected why."""
    settings = GroundingSettings(sprites=sprites, backgrounds=backgrounds, scene=scene)
    generator = Grounding(settings)
    if names:
        chosen = {name: name for name in generator.sprites.names[:: len(generator.sprites) // names][:names]}
        generator = Grounding(settings.model_copy(update={"names": chosen}))
    rejected: Counter[str] = Counter()
    for seed in range(64):  # decodes and keeps the backgrounds
        _generate(generator, seed, Counter())
    made, start = 0, time.process_time()
    while time.process_time() - start < seconds:
        _generate(generator, 64 + made, rejected)
        made += 1
    return made / (time.process_time() - start), rejected


def _generate(generator: Grounding, seed: int, rejected: Counter) -> None:
    try:
        generator.generate(seed)
    except Unproven as unproven:
        rejected.update(failure.check for failure in unproven.failures)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sprites")
    parser.add_argument("backgrounds")
    parser.add_argument("--seconds", type=float, default=5.0, help="of CPU time a case")
    options = parser.parse_args()
    for title, (scene, names) in CASES.items():
        rate, rejected = measure(options.sprites, options.backgrounds, scene, names, options.seconds)
        print(f"{title:36} {rate:7.1f} proven samples a second a core; rejected: {dict(rejected) or 'none'}")


if __name__ == "__main__":
    main()
