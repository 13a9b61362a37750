"""What a document says about a diagram. Pure functions of claims."""

from curation.document import Image, Role, Text, Turn
from synth.charts import requests
from synth.charts.specs.content import Spec
from synth.charts.views import placed
from synth.charts.words import in_language
from synth.diagrams.words import NONE, QUESTIONS

VIEWS = ("edges", "mermaid", "boxes", "questions")
_ROLES: tuple[Role, Role] = ("user", "assistant")


def turns(claims: Spec) -> tuple[Turn, ...]:
    """The whole document of a view."""
    spec, view = claims["spec"], claims["view"]
    if view == "questions":
        told = [exchange(spec, *each) for each in claims["questions"]]
        return tuple(
            Turn(role, ((Image(0), Text("\n" + text)) if not number and role == "user" else (Text(text),)))
            for number, pair in enumerate(told)
            for role, text in zip(_ROLES, pair, strict=True)
        )
    asked = in_language(requests.DIAGRAMS[str(claims.get("form", view))], spec["language"])
    question = Turn("user", (Image(0), Text("\n" + asked)))
    if view == "boxes":
        nodes = list(zip(spec["names"], spec["boxes"], strict=True))
        return question, Turn("assistant", placed(nodes, claims["form"]))
    return question, Turn("assistant", (Text(_listed(spec) if view == "edges" else _mermaid(spec)),))


def _listed(spec: Spec) -> str:
    arrow = " -> " if spec["directed"] else " -- "
    return "\n".join(
        spec["names"][a] + arrow + spec["names"][b] + (f": {label}" if label else "")
        for (a, b), label in zip(spec["edges"], spec["labels"], strict=True)
    )


def _mermaid(spec: Spec) -> str:
    shape = ("(", ")") if spec["round"] else ("[", "]")
    nodes = [f'    n{n}{shape[0]}"{name}"{shape[1]}' for n, name in enumerate(spec["names"])]
    link = "-->" if spec["directed"] else "---"
    edges = [
        f"    n{a} {link}{f'|{label}|' if label else ''} n{b}"
        for (a, b), label in zip(spec["edges"], spec["labels"], strict=True)
    ]
    return "\n".join(["```mermaid", "flowchart TD", *nodes, *edges, "```"])


def exchange(spec: Spec, kind: str, number: int) -> tuple[str, str]:
    """A question and its answer in the diagram's language; `number` is a node's, or a label's edge."""
    language, names = spec["language"], spec["names"]
    if kind in ("nodes", "edges"):
        return in_language(QUESTIONS[kind], language), str(len(names if kind == "nodes" else spec["edges"]))
    if kind == "label":
        one, other = (names[node] for node in spec["edges"][number])
        return in_language(QUESTIONS[kind], language).format(name=one, other=other), spec["labels"][number]
    pairs = spec["edges"] if spec["directed"] else spec["edges"] + [[b, a] for a, b in spec["edges"]]
    found = [names[b] for a, b in pairs if a == number]
    asked = QUESTIONS["from" if spec["directed"] else "joined"]
    return in_language(asked, language).format(name=names[number]), ", ".join(found) or in_language(NONE, language)
