"""A language model small enough to train here, and manual-like documents with pictures to score."""

from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest

from curation.document import Document, Image, Source, Text, Turn
from curation.media import probe
from tests.conftest import encode

_SAMPLES = {
    "en": "the of and to in is that it for as was with be by on not this are from at have an which you all we can if",
    "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er",
}
TOPICS = {
    "garden": "soil seeds water roots leaves flowers shovel compost sunlight harvest tomato bucket fence greenhouse",
    "kitchen": "oven recipe flour butter sugar whisk saucepan simmer knife pepper onion garlic skillet dessert",
    "harbour": "vessel anchor cargo crane captain lighthouse tide sailor rope dock ferry compass cabin lantern",
    "observatory": "telescope planet orbit galaxy lens comet eclipse mirror spectrum nebula crater satellite dome star",
}


@pytest.fixture(scope="session")
def language_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Path of a fastText model that tells English from German by their commonest words."""
    import fasttext

    folder = tmp_path_factory.mktemp("language")
    rng = np.random.default_rng(0)
    lines = [
        f"__label__{code} {' '.join(rng.choice(words.split(), 8))}"
        for code, words in _SAMPLES.items()
        for _ in range(400)
    ]
    (folder / "train.txt").write_text("\n".join(lines) + "\n")
    model = fasttext.train_supervised(str(folder / "train.txt"), epoch=10, dim=8, minn=1, maxn=3, thread=1, verbose=0)
    model.save_model(str(folder / "model.bin"))
    return str(folder / "model.bin")


def screenshot(words: list[str], seed: int) -> PIL.Image.Image:
    """Words in boxes of some colour, as a dialog has them."""
    rng = np.random.default_rng(seed)
    image = PIL.Image.new("RGB", (720, 60 * len(words) + 40), tuple(int(n) for n in rng.integers(200, 256, 3)))
    draw = PIL.ImageDraw.Draw(image)
    for row, word in enumerate(words):
        left, top = int(rng.integers(20, 300)), 20 + 60 * row
        draw.rectangle((left, top, left + 300, top + 44), "white", tuple(int(n) for n in rng.integers(0, 200, 3)), 3)
        draw.text((left + 12, top + 8), word.capitalize(), "black", PIL.ImageFont.load_default(24))
    return image


_PASSAGES = (
    "In the {0} we look for the {1} and take one {2} from the shelf. When it is near a {3}, you can open the {4}.",
    "There was never an easy way to find the {1}, but the {2} helps: it shows where a {3} should go. The {4} is last.",
    "Most people know that the {1} belongs to a friend. They have to ask for it before the {2} or the {3} is brought, "
    "because nobody sees the {4} at night.",
)


def manual(topic: str, folder: Path, seed: int = 0) -> Document:
    """Three passages about a topic, each with a screenshot that shows its words."""
    rng = np.random.default_rng([seed, *topic.encode()])
    words = [str(word) for word in rng.permutation(TOPICS[topic].split())]
    parts: list[Text | Image] = [Text(f"# The {topic}\n\n")]
    media = []
    for number, passage in enumerate(_PASSAGES):
        own = words[4 * number : 4 * number + 4]
        path = folder / f"{topic}-{seed}-{number}.png"
        path.write_bytes(encode(screenshot(own, int(rng.integers(1 << 30)))))
        media.append(probe(path.read_bytes(), path.name, str(path)))
        parts += [Text(passage.format(topic, *own) + "\n\n"), Image(number), Text("\n\n")]
    parts.append(Text(f"After that all is ready in the {topic}, and our day may end with a cup of tea on some bench."))
    return Document((Turn(None, tuple(parts)),), tuple(media), source=Source(uri=f"{topic}-{seed}.html"))


@pytest.fixture(scope="session")
def manuals(tmp_path_factory: pytest.TempPathFactory) -> list[Document]:
    folder = tmp_path_factory.mktemp("manuals")
    return [manual(topic, folder) for topic in TOPICS]
