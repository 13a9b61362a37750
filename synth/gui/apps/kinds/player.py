"""A music player: songs, playlists, what plays now with its position, volume, order and repetition."""

from typing import Any

import numpy as np

from synth.gui.apps.place import Place, go
from synth.gui.apps.task import Step, Task, Trap
from synth.gui.words import content
from synth.gui.words.tables import goal, label

LABELS = (
    *(
        "search",
        "play",
        "pause",
        "next_track",
        "previous_track",
        "shuffle",
        "repeat",
        "off",
        "repeat_all",
        "repeat_one",
    ),
    *(
        "volume",
        "song_position",
        "like",
        "more",
        "add_to",
        "new_playlist",
        "name",
        "cancel",
        "ok",
        "no_results",
        "nothing_here",
    ),
    *("title", "artist", "album", "duration", "mute", "required_field", "remove", "undo", "playlist"),
)
STEP = 10  # seconds by which the position moves


def draw(rng: np.random.Generator, place: Place) -> dict[str, Any]:
    """A library of 9 to 14 songs and two playlists."""
    language = place.language
    people = content.people(rng, language, 5)
    albums = content.several(rng, content.some(language, "album"), 4)
    songs: dict[str, dict[str, Any]] = {}
    lengths = STEP * rng.choice(np.arange(9, 40), 14, replace=False)
    for at, title in enumerate(content.songs(rng, language, int(rng.integers(9, 15)))):
        songs[f"s{at + 1}"] = {
            "title": title,
            "artist": content.pick(rng, people),
            "album": content.pick(rng, albums),
            "seconds": int(lengths[at]),
            "hue": int(rng.integers(360)),
        }
    names = content.several(rng, [f"{name} {content.number(rng)}" for name in content.some(language, "folder")], 2)
    lists = {
        f"l{at + 1}": {"name": name, "songs": content.several(rng, list(songs), 4 + at)}
        for at, name in enumerate(names)
    }
    on = bool(rng.random() < 0.6)
    playing = content.pick(rng, list(songs)[1:-1])
    return {
        "name": label(language, "music"),
        "icon": "music",
        "content": {
            "t": {key: label(language, key) for key in LABELS},
            "nav": [
                {"id": "songs", "label": label(language, "songs"), "icon": "music"},
                {"id": "likes", "label": label(language, "favorites"), "icon": "heart"},
                *({"id": one, "label": each["name"], "icon": "list"} for one, each in lists.items()),
            ],
            "songs": songs,
            "order": list(songs),
            "step": STEP,
            "tiny": place.tiny,
            "short": place.size[1] < 420,
        },
        "start": {
            "view": {"page": "songs"},
            "song": playing,
            "on": on,
            "at": STEP * content.number(rng, 0, songs[playing]["seconds"] // STEP - 2),
            "volume": 5 * content.number(rng, 1, 19),
            "repeat": content.pick(rng, ("off", "all", "one")),
            "shuffle": bool(rng.random() < 0.3),
            "likes": {one: bool(rng.random() < 0.25) for one in songs},
            "lists": lists,
            "made": [],
        },
    }


def tasks(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    """Tasks of every kind in this player."""
    return [task for make in (_played, _set, _kept, _turned) for task in make(rng, app, place.language)]


def clock(seconds: int) -> str:
    """As players write it: `3:05`."""
    return f"{seconds // 60}:{seconds % 60:02d}"


def _astray(app: dict[str, Any]) -> Trap:
    return Trap(0, go(app, "likes"), go(app, "songs"), "wrong_place")


def _played(rng: np.random.Generator, app: dict[str, Any], language: str) -> list[Task]:
    songs, start = app["content"]["songs"], app["start"]
    one, other = content.several(rng, [each for each in songs if each != start["song"]], 2)
    said = {"song": songs[one]["title"], "artist": songs[one]["artist"]}
    searched = (Step("type", "search", songs[one]["title"]),) if rng.random() < 0.3 else ()
    slip = Trap(0, (Step("click", f"play.{other}"),), (), "wrong_item")
    found = [
        Task(
            goal(rng, language, "player", "play", **said),
            "player.play",
            {"song": one, "on": True, "at": 0},
            (*searched, Step("click", f"play.{one}")),
            (_astray(app), slip),
        )
    ]
    if start["on"]:
        pause = Step("click", "pause")
        found.append(
            Task(goal(rng, language, "player", "pause"), "player.pause", {"on": False}, (pause,), (_astray(app),))
        )
    here = list(songs).index(start["song"])
    for key, by in (("next", 1), ("previous", -1)):
        to = list(songs)[here + by]
        if start["shuffle"]:
            break
        turn = Step("click", key)
        back = Step("click", "previous" if key == "next" else "next")
        found.append(
            Task(
                goal(rng, language, "player", key),
                f"player.{key}",
                {"song": to, "at": 0},
                (turn,),
                (_astray(app),) if start["at"] else (Trap(0, (back,), (turn,), "wrong_item"),),
                (),
            )
        )
    shown = start["lists"]["l1"]
    longest = max(shown["songs"], key=lambda each: songs[each]["seconds"])
    if longest != start["song"]:
        way = go(app, "l1")
        found.append(
            Task(
                goal(rng, language, "player", "longest", playlist=shown["name"]),
                "player.longest",
                {"song": longest, "on": True, "at": 0},
                (*way, Step("click", f"play.{longest}")),
                (Trap(0, go(app, "l2"), (), "wrong_place"),),
            )
        )
    return found


def _set(rng: np.random.Generator, app: dict[str, Any], language: str) -> list[Task]:
    start, seconds = app["start"], app["content"]["songs"][app["start"]["song"]]["seconds"]
    volume, wrong = (
        int(value) for value in 5 * rng.choice([v for v in range(1, 20) if 5 * v != start["volume"]], 2, False)
    )
    at = content.pick(rng, [each for each in range(STEP, seconds, STEP) if abs(each - start["at"]) > STEP])
    slide = Step("slide", "volume", str(wrong))
    return [
        Task(
            goal(rng, language, "player", "volume", value=volume),
            "player.volume",
            {"volume": volume},
            (Step("slide", "volume", str(volume)),),
            (Trap(0, (slide,), (), "wrong_value"), _astray(app)),
        ),
        Task(
            goal(rng, language, "player", "seek", time=clock(at)),
            "player.seek",
            {"at": at},
            (Step("slide", "position", str(at)),),
            (Trap(0, (Step("slide", "position", str(max(at - STEP, 0))),), (), "wrong_value"), _astray(app)),
        ),
    ]


def _turned(rng: np.random.Generator, app: dict[str, Any], language: str) -> list[Task]:
    start, names = app["start"], {"off": "off", "all": "repeat_all", "one": "repeat_one"}
    to, other = content.several(rng, [each for each in names if each != start["repeat"]], 2)
    open_, chosen = Step("click", "repeat"), Step("click", f"repeat.menu.{to}")
    turn = Step("click", "shuffle")
    said = {"repeat": label(language, "repeat"), "value": label(language, names[to])}
    slip = Trap(0, (open_, Step("click", f"repeat.menu.{other}")), (), "wrong_value")
    return [
        Task(
            goal(rng, language, "player", "repeat", **said), "player.repeat", {"repeat": to}, (open_, chosen), (slip,)
        ),
        Task(
            goal(
                rng,
                language,
                "player",
                "unshuffle" if start["shuffle"] else "shuffle",
                shuffle=label(language, "shuffle"),
            ),
            "player.shuffle",
            {"shuffle": not start["shuffle"]},
            (turn,),
            (_astray(app), Trap(0, (turn, turn), (), "wrong_value")),
        ),
    ]


def _kept(rng: np.random.Generator, app: dict[str, Any], language: str) -> list[Task]:
    songs, start = app["content"]["songs"], app["start"]
    one, other = content.several(rng, [each for each in songs if not start["likes"][each]], 2)
    heart, slip = Step("click", f"like.{one}"), Step("click", f"like.{other}")
    to = start["lists"]["l2"]
    new, wrong = content.several(rng, [each for each in songs if each not in to["songs"]], 2)
    named = f"{content.pick(rng, content.some(language, 'album'))} {content.number(rng)}"
    more, make = Step("click", f"more.{new}"), Step("click", "new")
    return [
        Task(
            goal(rng, language, "player", "like", song=songs[one]["title"]),
            "player.like",
            {f"likes.{one}": True},
            (heart,),
            (Trap(0, (slip,), (slip,), "wrong_item"), _astray(app)),
        ),
        Task(
            goal(
                rng,
                language,
                "player",
                "collect",
                song=songs[new]["title"],
                artist=songs[new]["artist"],
                playlist=to["name"],
            ),
            "player.collect",
            {f"lists.l2.songs.{len(to['songs'])}": new},
            (more, Step("click", f"more.{new}.menu.l2")),
            (
                Trap(0, (Step("click", f"more.{wrong}"), Step("press", "", "Escape")), (), "wrong_item"),
                Trap(
                    0,
                    (Step("click", f"more.{wrong}"), Step("click", f"more.{wrong}.menu.l2")),
                    (Step("click", "toast.undo"),),
                    "wrong_item",
                ),
            ),
        ),
        Task(
            goal(rng, language, "player", "create", name=named),
            "player.create",
            {"made.0": named},
            (make, Step("type", "new.name", named), Step("click", "new.ok")),
            (
                Trap(1, (Step("click", "new.cancel"),), (make,), "cancelled"),
                Trap(1, (Step("click", "new.ok"),), (), "wrong_value"),
            ),
        ),
    ]
