"""Mail: folders of messages that are read, starred, moved, deleted, answered and written."""

from typing import Any

import numpy as np

from synth.gui.apps.place import Place, go
from synth.gui.apps.task import Step, Task, Trap
from synth.gui.words import content
from synth.gui.words.tables import goal, label, listed

LABELS = (
    *("compose", "send", "cancel", "delete", "archive", "reply", "forward", "star", "select", "move", "search"),
    *("mark_unread", "undo", "clear", "from", "to", "subject", "message", "confirm_delete", "message_sent", "deleted"),
    *("moved", "no_results", "nothing_here", "invalid_email", "required_field", "selected"),
)
OWN = ("f1", "f2")  # folders that the user made


def draw(rng: np.random.Generator, place: Place) -> dict[str, Any]:
    """A mailbox of 13 to 24 messages in its folders."""
    language = place.language
    folders = (
        ["inbox", "archived", "f1", "trash"] if place.narrow else ["inbox", "sent", "archived", "f1", "f2", "trash"]
    )
    taken = {label(language, one) for one in folders if one not in OWN}
    own = [name for name in content.some(language, "folder") if name not in taken]
    names = dict(zip(OWN, content.several(rng, own, 2), strict=True))
    people = content.people(rng, language, 6)
    known = {person: content.address(rng) for person in people}
    mails, folder = {}, {}
    subjects: list[str] = []
    for number in range(int(rng.integers(13, 25))):
        person = people[number] if number < 6 else content.pick(rng, people)
        subjects.append(_other(rng, language, subjects))
        mails[f"m{number + 1}"] = {
            "from": person,
            "address": known[person],
            "subject": subjects[-1],
            "body": content.body(rng, language, int(rng.integers(2, 6))),
            "date": content.date(language, content.day(rng)),
            "hue": 57 * people.index(person) % 360,
        }
        folder[f"m{number + 1}"] = "inbox" if number < 6 else content.pick(rng, (*folders, "inbox"))
    split = place.size[0] >= 900 and not place.narrow
    view, read = {"page": "inbox"}, {one: bool(rng.random() < 0.6) for one in mails}
    if split and rng.random() < 0.7:
        view["open"] = content.pick(rng, [one for one in mails if folder[one] == "inbox"])
        read[view["open"]] = True
    icons = {"inbox": "mail", "sent": "send", "archived": "archive", "trash": "trash"}
    return {
        "name": label(language, "mail"),
        "icon": "mail",
        "content": {
            "t": {key: label(language, key) for key in LABELS},
            "nav": [
                {"id": one, "label": names.get(one) or label(language, one), "icon": icons.get(one, "folder")}
                for one in folders
            ],
            "mails": mails,
            "order": content.several(rng, list(mails), len(mails)),
            "split": split,
            "tiny": place.tiny,
        },
        "start": {
            "view": view,
            "folder": folder,
            "star": {one: bool(rng.random() < 0.2) for one in mails},
            "read": read,
            "sent": [],
        },
    }


def _other(rng: np.random.Generator, language: str, taken: list[str]) -> str:
    while (subject := content.subject(rng, language)) in taken:
        pass
    return subject


def tasks(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    """Tasks of every kind on this mailbox."""
    return [task for make in (_about_one, _written, _answered, _found, _brought_back, _about_several)
            for task in make(rng, app, place.language)]  # fmt: skip


def _in(app: dict[str, Any], folder: str) -> list[str]:
    return [one for one in app["content"]["order"] if app["start"]["folder"][one] == folder]


def _astray(app: dict[str, Any], at: int = 0) -> Trap:
    """A look into another folder and back."""
    return Trap(at, go(app, "archived"), go(app, "inbox"), "wrong_place")


def _opened(app: dict[str, Any], mail: str, other: str) -> tuple[tuple[Step, ...], tuple[Trap, ...]]:
    """The step that opens a message of the inbox, and the trap of opening another first."""
    steps = (Step("click", f"mail.{mail}"),)
    if app["content"]["split"]:
        return steps, (_astray(app),)
    return steps, (Trap(0, (Step("click", f"mail.{other}"),), (Step("click", "back"),), "wrong_item"),)


def _about_one(rng: np.random.Generator, app: dict[str, Any], language: str) -> list[Task]:
    one, two, three, four, other = content.several(rng, _in(app, "inbox"), 5)
    mails, start, nav = app["content"]["mails"], app["start"], app["content"]["nav"]

    def said(kind: str, mail: str, **more: str) -> str:
        return goal(rng, language, "mail", kind, subject=mails[mail]["subject"], person=mails[mail]["from"], **more)

    found = []
    if not start["star"][one]:
        wrong = Step("click", f"star.{other}")
        slips = (Trap(0, (wrong,), (wrong,), "wrong_item"), _astray(app))
        found.append(
            Task(said("star", one), "mail.star", {f"star.{one}": True}, (Step("click", f"star.{one}"),), slips)
        )
    steps, traps = _opened(app, two, other)
    ask = Step("click", "read.delete")
    found.append(
        Task(
            said("delete", two),
            "mail.delete",
            {f"folder.{two}": "trash"},
            (*steps, ask, Step("click", "ask.yes")),
            (*traps, Trap(2, (Step("click", "ask.cancel"),), (ask,), "cancelled")),
            ("read",),
        )
    )
    folder = content.pick(rng, [each for each in nav if each["id"] not in ("inbox", "trash", "sent")])
    steps, traps = _opened(app, three, other)
    found.append(
        Task(
            said("move", three, folder=folder["label"]),
            "mail.move",
            {f"folder.{three}": folder["id"]},
            (*steps, Step("click", "read.move"), Step("click", f"read.move.menu.{folder['id']}")),
            (*traps, Trap(2, (Step("click", "read.move.menu.trash"),), (Step("click", "toast.undo"), *steps,
             Step("click", "read.move")), "wrong_value")),
            ("read",),
        )
    )  # fmt: skip
    if start["read"][four]:
        steps, traps = _opened(app, four, other)
        free = (f"read.{other}",)
        found.append(
            Task(
                said("unread", four),
                "mail.unread",
                {f"read.{four}": False},
                (*steps, Step("click", "read.unread")),
                traps,
                free,
            )
        )
    return found


def _written(rng: np.random.Generator, app: dict[str, Any], language: str) -> list[Task]:
    to, subject, body = content.address(rng), content.subject(rng, language), content.sentence(rng, language)
    compose = Step("click", "compose")
    typed = (
        Step("type", "compose.to", to),
        Step("type", "compose.subject", subject),
        Step("type", "compose.body", body),
    )
    return [
        Task(
            goal(rng, language, "mail", "compose", address=to, subject=subject, body=body),
            "mail.compose",
            {"sent.0.to": to, "sent.0.subject": subject, "sent.0.body": body},
            (compose, *typed, Step("click", "compose.send")),
            (
                _astray(app),
                Trap(1, (Step("click", "compose.cancel"),), (compose,), "cancelled"),
                Trap(2, (Step("type", "compose.body", subject),), (Step("type", "compose.body", ""),), "wrong_place"),
                Trap(
                    4, (Step("type", "compose.to", to[:4]), Step("click", "compose.send")), (typed[0],), "wrong_value"
                ),
            ),
            ("sent.0",),
        )
    ]


def _answered(rng: np.random.Generator, app: dict[str, Any], language: str) -> list[Task]:
    one, two, other = content.several(rng, _in(app, "inbox"), 3)
    mails = app["content"]["mails"]
    found = []
    body, to = content.sentence(rng, language), content.address(rng)
    steps, traps = _opened(app, one, other)
    reply, send = Step("click", "read.reply"), Step("click", "compose.send")
    found.append(
        Task(
            goal(rng, language, "mail", "reply", subject=mails[one]["subject"], person=mails[one]["from"], body=body),
            "mail.reply",
            {"sent.0.to": mails[one]["address"], "sent.0.of": one, "sent.0.body": body},
            (*steps, reply, Step("type", "compose.body", body), send),
            (*traps, Trap(1, (Step("click", "read.forward"),), (Step("click", "compose.cancel"),), "wrong_place")),
            ("sent.0.subject", "read"),
        )
    )
    steps, traps = _opened(app, two, other)
    found.append(
        Task(
            goal(
                rng, language, "mail", "forward", subject=mails[two]["subject"], person=mails[two]["from"], address=to
            ),
            "mail.forward",
            {"sent.0.to": to, "sent.0.of": two, "sent.0.body": ""},
            (*steps, Step("click", "read.forward"), Step("type", "compose.to", to), send),
            (*traps, Trap(2, (send,), (), "wrong_value")) if app["content"]["split"] else traps,
            ("sent.0.subject", "read"),
        )
    )
    return found


def _found(rng: np.random.Generator, app: dict[str, Any], language: str) -> list[Task]:
    """A message known by a word of its text alone, which the search looks through."""
    texts = {one: " ".join(mail["body"]) for one, mail in app["content"]["mails"].items()}
    known = [
        (one, word)
        for one in _in(app, "inbox")
        for word in texts[one].replace(".", " ").replace("。", " ").split()
        if not app["start"]["star"][one]
        and len(word) >= 4
        and word[0].isalpha()
        and word[-1].isdigit()
        and word.isascii()
        and sum(word in text for text in texts.values()) == 1
        and not any(word in mail["subject"] for mail in app["content"]["mails"].values())
    ]
    if not known:
        return []
    one, word = content.pick(rng, known)
    return [
        Task(
            goal(rng, language, "mail", "search", code=word),
            "mail.search",
            {f"star.{one}": True},
            (Step("type", "search", word), Step("click", f"star.{one}")),
            (Trap(0, (Step("type", "search", word[::-1]),), (), "wrong_value"), _astray(app)),
        )
    ]


def _brought_back(rng: np.random.Generator, app: dict[str, Any], language: str) -> list[Task]:
    nav = [each for each in app["content"]["nav"] if each["id"] not in ("inbox", "sent") and _in(app, each["id"])]
    if not nav:
        return []
    from_ = content.pick(rng, nav)
    one = content.pick(rng, _in(app, from_["id"]))
    away = go(
        app,
        content.pick(rng, [each["id"] for each in app["content"]["nav"] if each["id"] not in ("inbox", from_["id"])]),
    )
    said = {
        "subject": app["content"]["mails"][one]["subject"],
        "from_": from_["label"],
        "folder": label(language, "inbox"),
    }
    return [
        Task(
            goal(rng, language, "mail", "restore", **said),
            "mail.restore",
            {f"folder.{one}": "inbox"},
            (*go(app, from_["id"]), Step("click", f"mail.{one}"), Step("click", "read.move"),
             Step("click", "read.move.menu.inbox")),
            (Trap(0, away, (), "wrong_place"),),
            ("read",),
        )
    ]  # fmt: skip


def _about_several(rng: np.random.Generator, app: dict[str, Any], language: str) -> list[Task]:
    inbox, mails, start = _in(app, "inbox"), app["content"]["mails"], app["start"]
    *some, other = content.several(rng, inbox, int(rng.integers(3, 5)))
    pick = Step("click", f"pick.{other}")
    found = [
        Task(
            goal(rng, language, "mail", "several", subjects=listed(language, [mails[one]["subject"] for one in some])),
            "mail.several",
            {f"folder.{one}": "archived" for one in some},
            (*(Step("click", f"pick.{one}") for one in some), Step("click", "bulk.archive")),
            (Trap(len(some), (pick,), (pick,), "wrong_item"),),
        )
    ]
    for person in content.several(rng, sorted({mails[one]["from"] for one in inbox}), 6):
        his = [one for one in inbox if mails[one]["from"] == person and not start["star"][one]]
        if len(his) > 1:
            said = goal(rng, language, "mail", "sender", person=person, folder=label(language, "inbox"))
            wanted = {f"star.{one}": True for one in his}
            steps = tuple(Step("click", f"star.{one}") for one in his)
            others = [one for one in inbox if mails[one]["from"] != person]
            slip = Step("click", f"star.{content.pick(rng, others)}")
            return [*found, Task(said, "mail.sender", wanted, steps, (Trap(1, (slip,), (slip,), "wrong_item"),))]
    return found
