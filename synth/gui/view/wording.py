"""How screens are asked about and answers are said, in English: pure functions of views, wording numbers included."""

import html
import json
from collections.abc import Mapping, Sequence
from typing import Any

from curation.document import Box, Form, Part, Point, Text, joined
from synth.gui.model import Node
from synth.gui.view.refer import Call

NOUNS: dict[str, tuple[str, ...]] = {
    **{
        "button": ("button",),
        "link": ("link",),
        "textbox": ("text field", "input field"),
        "searchbox": ("search field",),
    },
    **{"checkbox": ("checkbox",), "radio": ("radio button",), "switch": ("switch", "toggle"), "slider": ("slider",)},
    **{"combobox": ("drop-down list", "combo box"), "spinbutton": ("number field",), "tab": ("tab",)},
    **{"menuitem": ("menu item",), "menuitemcheckbox": ("menu item",), "menuitemradio": ("menu item",)},
    **{"option": ("option",), "treeitem": ("tree item",), "heading": ("heading",), "img": ("image", "picture")},
    **{"columnheader": ("column header",), "progressbar": ("progress bar",), "dialog": ("dialog", "dialog window")},
    **{
        "alertdialog": ("dialog",),
        "row": ("row",),
        "listitem": ("list entry",),
        "article": ("card",),
        "group": ("group",),
    },
    **{"region": ("section",), "form": ("form",), "tabpanel": ("tab panel",), "menu": ("menu",), "list": ("list",)},
    **{"radiogroup": ("group of options",), "navigation": ("navigation bar",), "toolbar": ("toolbar",)},
    **{"tablist": ("row of tabs",), "table": ("table",), "grid": ("table",), "complementary": ("side panel",)},
    **{"menubar": ("menu bar",), "listbox": ("list of options",), "cell": ("cell",), "gridcell": ("cell",)},
}
_PLURALS = {"switch": "switches", "checkbox": "checkboxes", "combo box": "combo boxes"}

# {what} is a call, {where} the place in question, {form} a format, {role} and {roles} one of a group and several.
QUESTIONS: dict[str, tuple[str, ...]] = {
    "list": (
        "List every {role} that can be seen on this screen, with box, role, name and state. Answer in {form}.",
        "Detect all {roles} in the screenshot. Give each one's bounding box, role, name and state as {form}.",
        "Which {roles} does the screen show? Output {form} with boxes, roles, names and states.",
    ),
    "find": (
        "Locate {what}. Answer in {form}.",
        "Where is {what}? Give its bounding box as {form}.",
        "Find {what} on this screen and output its box in {form}.",
        "Give the bounding box of {what} as {form}.",
    ),
    "point": (
        "Point to {what}. Answer in {form}.",
        "Where would you click to hit {what}? Give a point as {form}.",
        "Give a click point for {what} in {form}.",
        "Output a point on {what}, as {form}.",
    ),
    "act": (
        "{action}. Where do you click? Answer with a point in {form}.",
        "Task: {action_low}. Give the point to click, as {form}.",
        "I want to {action_low}. Which point should I click? Output {form}.",
        "{action}. Output the click point in {form}.",
    ),
    "name_point": (
        "Which element is at {where}?",
        "What would a click at {where} hit?",
        "What is at the point {where} of this screen?",
    ),
    "name_box": (
        "Which element is in the box {where}? Give its role, name and state as JSON.",
        "Describe the interface element at {where}: role, name, state. Answer in JSON.",
    ),
    "describe": (
        "Describe the element in the box {where}.",
        "What is in the box {where} of this screen, and what is its state?",
        "Tell me about the interface element at {where}.",
    ),
    "state": (
        "What is the state of {what}?",
        "In which state is {what}?",
        "Tell me the current state of {what}.",
    ),
    "is": ("Is {what} {state}?", "Yes or no: is {what} {state}?", "Look at {what}: is it {state}?"),
    "chosen": (
        "Which {noun} is selected in the group of {first}?",
        "Of the {nouns} beside {first}, which one is selected?",
        "Look at the {nouns} around {first}. Which is the selected one?",
    ),
    "typed": (
        "What is typed in {what}?",
        "Which text does {what} hold?",
        "Read the content of {what}.",
    ),
    "count": (
        "How many {nouns} can be seen on this screen?",
        "Count the {nouns} in the screenshot.",
        "How many {nouns} does the screen show?",
    ),
    "ocr": (
        "Read all the text on this screen, line by line.",
        "What does the screen say? Transcribe every line that is fully visible, in reading order.",
        "OCR the screenshot: one line of text a line.",
        "Transcribe the text in this screenshot.",
    ),
    "lines": (
        "Spot every line of text on the screen. Answer in {form}, in reading order.",
        "Detect and read all lines of text in the screenshot; boxes and texts as {form}.",
        "Locate all fully visible text lines and read them. Output {form}.",
    ),
    "read": ("What does it say in the box {where}?", "Read the text at {where}.", "Transcribe what stands at {where}."),
    "find_text": (
        'Where does it say "{text}"? Answer in {form}.',
        'Locate the text "{text}" and give its box as {form}.',
    ),
    "caption": (
        "Describe this screen.",
        "What does the screenshot show?",
        "Write a caption for this screenshot.",
        "Give a description of the interface in the image.",
    ),
}  # fmt: skip
_ACTIONS: dict[str, tuple[str, ...]] = {
    "on": ("Turn on {name}", "Switch {name} on", "Enable {name}"),
    "off": ("Turn off {name}", "Switch {name} off", "Disable {name}"),
    "check": ("Tick {name}", "Check the box {name}"),
    "uncheck": ("Untick {name}", "Clear the checkbox {name}"),
    "textbox": ("Type something into {name}", "Put the cursor into {name}", "Fill in {name}"),
    "searchbox": ("Search with {name}", "Put the cursor into the search field {name}"),
    "radio": ("Choose {name}", "Select the option {name}"),
    "option": ("Choose {name}", "Pick {name} from the list"),
    "tab": ("Open the tab {name}", "Switch to the tab {name}"),
    "link": ("Follow the link {name}", "Go to {name}"),
    "button": ("Press {name}", "Click the button {name}", "Use {name}"),
    "combobox": ("Open the list {name}", "Change the choice of {name}"),
    "slider": ("Adjust {name}", "Take hold of the slider {name}"),
    "spinbutton": ("Change the number of {name}",),
    "menuitem": ("Choose {name} from the menu", "Pick the menu item {name}"),
    "treeitem": ("Select {name} in the tree", "Go to {name} in the tree"),
    "mixed": ("Click {name}", "Click the checkbox {name}"),
}
# Groups of elements that are listed (`synth.gui.view.answers.GROUPS`): one and several.
GROUPS = {
    "elements": ("interactive element", "interactive elements"),
    "buttons and links": ("button and link", "buttons and links"),
    "controls": ("input control", "input controls"),
}
FORMS = {"json": ("JSON",), "xml": ("XML",), "plain": ("plain text",)}
KINDS = {
    **{"settings": "settings", "form": "filling in a form", "mail": "mail", "shop": "a shop", "table": "tabular data"},
    **{"dashboard": "a dashboard", "editor": "editing text", "player": "playing music", "map": "maps", "chat": "chat"},
    **{"calendar": "a calendar", "files": "managing files", "notes": "notes", "tasks": "tasks", "contacts": "contacts"},
    "home": "opening other apps",
}
_PLATFORMS = {"web": ("web page", "web application"), "desktop": ("desktop application", "desktop program"),
              "mobile": ("mobile app", "phone app")}  # fmt: skip


def pick(choices: Sequence[str], wording: int, salt: int = 0) -> str:
    """One of several ways to say it: of one number several picks, that do not go together."""
    return choices[(wording // (1, 7, 31, 127, 509)[salt]) % len(choices)]


def noun(role: str, wording: int = 0) -> str:
    return pick(NOUNS.get(role, (role,)), wording, 1)


def plural(role: str, wording: int = 0) -> str:
    """More than one of a role."""
    word = noun(role, wording)
    if word in _PLURALS:
        return _PLURALS[word]
    head, of, rest = word.partition(" of ")
    return f"{head[:-1]}ies{of}{rest}" if head.endswith("ry") else f"{head}s{of}{rest}"


def called(call: Call, wording: int = 0) -> str:
    """An element as a call has it: `the "Delete" button in the row "Anna Smith"`."""
    word, name = noun(call["role"], wording), f'"{call["name"]}"'
    said = pick((f"the {name} {word}", f"the {word} {name}"), wording, 2)
    if "of" in call:
        role, title = call["of"]
        return f'{said} in the {noun(role)} "{title}"'
    if "place" in call:
        number, side, many = call["place"]
        order = "last" if number == many and many > 2 else ordinal(number)
        return f"{said.replace('the ', f'the {order} ', 1)} from the {side}"
    return said


def ordinal(number: int) -> str:
    words = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
    if number <= len(words):
        return words[number - 1]
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def a(word: str) -> str:
    """A noun with its article."""
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def states(node: Node) -> list[str]:
    """What can be said of an element's state, the chief one first."""
    told, found = node["states"], []
    checked = told.get("checked", told.get("pressed"))
    if checked is not None:
        on, off = {
            "switch": ("on", "off"), "radio": ("selected", "not selected"), "button": ("pressed", "not pressed"),
        }.get(node["role"], ("checked", "not checked"))  # fmt: skip
        found.append("partly checked" if checked == "mixed" else on if checked else off)
    if told.get("selected") is not None and node["role"] in ("tab", "option", "treeitem"):
        found.append("selected" if told["selected"] else "not selected")
    if told.get("expanded") is not None:
        found.append("expanded" if told["expanded"] else "collapsed")
    if told.get("disabled"):
        found.append("disabled")
    return found


def action(node_role: str, on: Any, call: Call, wording: int) -> str:
    """What one may want of an element: its role and whether it is on decide."""
    ticked = "mixed" if on == "mixed" else "uncheck" if on else "check"
    key = {"switch": "off" if on else "on", "checkbox": ticked,
           "menuitemcheckbox": "menuitem", "menuitemradio": "menuitem"}.get(node_role, node_role)  # fmt: skip
    said = pick(_ACTIONS.get(key, _ACTIONS["button"]), wording, 3).replace("{name}", f'"{call["name"]}"')
    if "of" in call:
        return f'{said} in the {noun(call["of"][0])} "{call["of"][1]}"'
    if "place" in call:
        return f"{said} ({called(call)})"
    return said


def question(kind: str, view: Mapping[str, Any], fields: Mapping[str, Any]) -> tuple[Part, ...]:
    """A question of a kind in one of its wordings; a place among the fields stays a number."""
    template = pick(QUESTIONS[kind], view["wording"])
    told = {**fields, "form": pick(FORMS[view.get("form", "json")], view["wording"], 4)}
    if "action" in told:
        told["action_low"] = told["action"][0].lower() + told["action"][1:]
    return filled(template, told)


def filled(template: str, told: Mapping[str, Any]) -> tuple[Part, ...]:
    """A question with its gaps filled; a place stays a number."""
    if "{where}" not in template:
        return (Text(template.format_map(told)),)
    before, after = template.split("{where}")
    return joined((Text(before.format_map(told)), told["where"], Text(after.format_map(told))))


def placed(numbers: Sequence[float], form: Form) -> Box | Point:
    """A box of four numbers or a point of two."""
    if len(numbers) == 2:
        return Point(0, numbers[0], numbers[1], form)
    x1, y1, x2, y2 = numbers
    return Box(0, x1, y1, x2, y2, form)


def inventory(found: Sequence[Mapping[str, Any]], form: Form) -> tuple[Part, ...]:
    """Elements with box, role, name and state, as JSON, as a tag each, or as a line each."""
    parts: list[Part] = []
    for number, each in enumerate(found):
        place = placed(each["box"], form)
        state = ", ".join(each["state"])
        match form:
            case "json":
                rest = {"role": each["role"], "name": each["name"], "state": state}
                rest = {key: told for key, told in rest.items() if told}
                parts += [Text((",\n" if number else "[\n") + '\t{"bbox_2d": '), place]
                parts.append(Text(", " + json.dumps(rest, ensure_ascii=False)[1:]))
            case "xml":
                pairs = (("name", each["name"]), ("state", state))
                said = "".join(f' {key}="{html.escape(told)}"' for key, told in pairs if told)
                parts += [Text(("\n" if number else "") + f"<{each['role']}{said} ")]
                parts += [place, Text("/>")]
            case _:
                named = f' "{each["name"]}"' if each["name"] else ""
                said = noun(each["role"]) + named + (f" ({state})" if state else "")
                parts += [Text(("\n" if number else "") + said + " "), place]
    if form == "json":
        parts.append(Text("\n]" if found else "[]"))
    return joined(parts)


def refusal(reason: str, call: Call, blocker: str, wording: int) -> str:
    """Why an element cannot be pointed at or used."""
    word, name = noun(call["role"], wording), f'"{call["name"]}"'
    match reason:
        case "absent":
            ways = (
                f"There is no {word} {name} on this screen.",
                f"I cannot see {a(word)} called {name} on this screen.",
                f"The screen shows no {name} {word}.",
            )
        case "covered":
            over = f"the {blocker}" if blocker else "a layer in front of it"
            the = called(call, wording)
            ways = (
                f"{the[0].upper()}{the[1:]} cannot be clicked: {over} lies over it.",
                f"It is blocked by {over}.",
                f"Not possible now: {over} covers {the}.",
            )
        case _:
            the = called(call, wording)
            ways = (
                f"{the[0].upper()}{the[1:]} is disabled.",
                f"It is disabled: {the} cannot be used now.",
                f"{the[0].upper()}{the[1:]} is greyed out; it is disabled.",
            )
    return pick(ways, wording, 1)


def sentence(fact: Mapping[str, Any], wording: int) -> str:
    """A fact of a caption (`synth.gui.view.facts`) as a sentence."""
    match fact["fact"]:
        case "kind":
            tone = f"{fact['tone']} " if fact["tone"] else ""
            form = pick(_PLATFORMS[fact["platform"]], wording)
            kind = f" for {KINDS.get(fact['kind'], fact['kind'])}" if fact["kind"] else ""
            return pick((f"The screenshot shows a {tone}{form}{kind}.", f"This is a {tone}{form}{kind}.",
                         f"A {tone}{form}{kind} is shown."), wording, 1)  # fmt: skip
        case "title":
            return pick((f'Its heading is "{fact["name"]}".', f'The heading reads "{fact["name"]}".'), wording)
        case "open":
            named = f' "{fact["name"]}"' if fact["name"] else ""
            word = noun(fact["role"])
            return pick((f"{a(word).capitalize()}{named} is open.", f"In front, {a(word)}{named} is open."), wording)
        case "bar":
            items = ", ".join(f'"{item}"' for item in fact["items"])
            where = "in the middle" if fact["side"] == "middle" else f"at the {fact['side']}"
            chosen = f', of which "{fact["chosen"]}" is selected' if fact["chosen"] else ""
            return pick((f"A {noun(fact['role'])} {where} offers {items}{chosen}.",
                         f"There is a {noun(fact['role'])} {where} with {items}{chosen}."), wording)  # fmt: skip
        case "table":
            columns = ", ".join(f'"{each}"' for each in fact["columns"])
            return f"A table has the columns {columns}."
        case "counts":
            told = [f"{many} {noun(role) if many == 1 else plural(role)}" for role, many in fact["counts"]]
            said = told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
            return pick((f"In all, {said} can be seen.", f"It shows {said}."), wording)
        case "state":
            the = called(fact["call"])
            on = ("on", "off") if fact["call"]["role"] == "switch" else ("checked", "not checked")
            return f"{the[0].upper()}{the[1:]} is {on[0] if fact['on'] else on[1]}."
    raise ValueError(f"{fact['fact']!r} is no kind of fact")


def described_as(told: Mapping[str, Any], wording: int) -> str:
    """One element as a sentence: what it is, where it stands, in which state it is."""
    the = called(told["call"], wording)
    state = f"; it is {' and '.join(told['state'])}" if told["state"] else ""
    side = told["side"]
    where = "in the middle of the screen" if side == "middle" else f"towards the {side} of the screen"
    return f"{the[0].upper()}{the[1:]}, {where}{state}."
