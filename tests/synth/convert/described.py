"""Tiny data sets of videos described over time, in the published layouts, with films of our own."""

import csv
from pathlib import Path
from typing import Any

from tests.curation.movies import movie
from tests.synth.convert.layouts import write_json
from tests.synth.convert.recorded import write_lines


def film(seconds: float, number: int = 0, container: str = "mp4", codec: str = "libx264") -> bytes:
    """Lasts `seconds`, four frames each, and is a film of its own for every number."""
    size = (64 + 16 * number, 48)
    return movie([frame / 4 for frame in range(round(seconds * 4))], size, codec, container)


def write_films(folder: Path, seconds: dict[str, float]) -> Path:
    """Files by name, whose ending says what they are; one that lasts 0 seconds is none."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, lasts) in enumerate(seconds.items()):
        container = {"webm": "webm", "mkv": "matroska", "mov": "mov"}.get(name.rpartition(".")[2], "mp4")
        content = (
            film(lasts, number, container, "libvpx" if container == "webm" else "libx264") if lasts else b"RIFF AVI "
        )
        (folder / name).write_bytes(content)
    return folder


CHARADES = """\
AO8RW 0.0 6.9##a person is putting a book on a shelf.
AO8RW 5.5 14.0##person opens the door.

Y6R7T 24.3 30.4##person turn a light on.
NONE1 1.0 2.0##person sneezes.
"""


def activitynet() -> dict[str, Any]:
    """Three videos: one told in full; one whose second sentence ends before it begins; one of another length."""
    return {
        "v_QOlSCBRmfWY": {
            "duration": 10.0,
            "timestamps": [[0.0, 3.0], [3.5, 7.25], [6.0, 10.4]],
            "sentences": [" A woman ties her shoes.", "She walks to the stage.", "She dances alone."],
        },
        "v_swap": {"duration": 10, "timestamps": [[0, 4], [9, 5]], "sentences": ["A dog barks.", "A dog sleeps."]},
        "v_long": {"duration": 30, "timestamps": [[0, 4]], "sentences": ["A man paints."]},
    }


def highlights() -> list[dict[str, Any]]:
    """Two queries of one video, one with two windows; a third as the test split has it."""
    return [
        {
            **{
                "qid": 8737,
                "query": "A family plays basketball on a green court.",
                "duration": 16,
                "vid": "bP5_0.0_16.0",
            },
            **{"relevant_windows": [[0, 6], [10, 12]], "relevant_clip_ids": [0, 1, 2, 5]},
            "saliency_scores": [[4, 3, 2], [4, 4, 4], [4, 4, 4], [1, 1, 0]],
        },
        {
            **{"qid": 8738, "query": "A man talks to the camera.", "duration": 16, "vid": "bP5_0.0_16.0"},
            **{"relevant_windows": [[6, 10]], "relevant_clip_ids": [3, 4], "saliency_scores": [[1, 1, 0], [2, 2, 2]]},
        },
        {"qid": 8739, "query": "A dog.", "duration": 16, "vid": "bP5_0.0_16.0"},
    ]


def write_webvid(path: Path) -> str:
    rows = [
        ("21179416", "https://example.org/1.mp4", "PT00H00M04S", "006001_006050", "Aerial shot, of a winter forest"),
        ("21179416", "https://example.org/1.mp4", "PT00H00M04S", "006001_006050", "A forest  in snow"),
        ("6096", "https://example.org/2.mp4", "PT00H00M04S", "006001_006050", "Waves at a beach"),
        ("77", "https://example.org/3.mp4", "PT00H00M04S", "006001_006050", ""),
    ]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["videoid", "contentUrl", "duration", "page_dir", "name"])
        writer.writerows(rows)
    return str(path)


FILMS = {
    **{"AO8RW.mp4": 12.0, "Y6R7T.webm": 30.0, "v_QOlSCBRmfWY.mkv": 10.0, "swap.mp4": 10.0, "v_long.mp4": 12.0},
    **{"bP5_0.0_16.0.mov": 16.0, "21179416.mp4": 4.0, "6096.avi": 0.0},
}


def write_all(folder: Path) -> list[dict[str, Any]]:
    """The settings of one data set of each layout."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "charades_sta_train.txt").write_text(CHARADES)
    videos = {"videos": [str(write_films(folder / "films", FILMS))]}
    return [
        {"layout": "charades_sta", "sentences": str(folder / "charades_sta_train.txt"), **videos},
        {"layout": "activitynet_captions", "captions": write_json(folder / "train.json", activitynet()), **videos},
        {"layout": "qvhighlights", "queries": write_lines(folder / "train.jsonl", highlights()), **videos},
        {"layout": "video_captions", "table": write_webvid(folder / "results.csv"), **videos},
    ]
