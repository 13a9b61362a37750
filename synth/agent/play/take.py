"""A take: a task, or several in a row, done on an application, with all that was seen on the way."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from synth.agent.play import mistakes
from synth.agent.play.changes import Change, changes
from synth.agent.play.expert import Expert
from synth.agent.play.moves import Lost, Move
from synth.agent.play.sight import Sight, sight
from synth.agent.play.stage import Stage
from synth.gui.apps import shell
from synth.gui.apps.task import Spec, Step, Task, faults
from synth.sample import Failure, Unproven


@dataclass(frozen=True)
class Taken:
    """One action as it was carried out, between `Take.sights[before]` and `Take.sights[after]`.

    `wrong`: it is a mistake; `mends`: it undoes one. `left` is how many things are not as the task wants them
    afterwards.
    """

    move: Move
    task: int
    before: int
    after: int
    wrong: bool
    mends: bool
    change: list[Change]
    left: int


@dataclass
class Take:
    spec: Spec
    scale: float
    tasks: list[Task]
    sights: list[Sight] = field(default_factory=list)
    steps: list[Taken] = field(default_factory=list)


@dataclass(frozen=True)
class Limits:
    """`most` actions, all tasks together; with the probability `slips` a mistake is made in a task."""

    most: int
    slips: float


@dataclass(frozen=True)
class Plan:
    """What is to be played: `tasks` of those that `drawn` seeds, by their `numbers`; `seed` decides how."""

    spec: Spec
    scale: float
    drawn: int
    numbers: list[int]
    tasks: list[Task]
    limits: Limits
    seed: int


def begun(spec: Spec, tasks: list[Task]) -> list[Task]:
    """Tasks as they are done in a row: what a task begins with on a fresh screen is done once."""
    clearing = tuple(shell.cleared(spec))
    cut = len(clearing)
    return [
        replace(
            task,
            steps=task.steps[cut:],
            traps=tuple(replace(trap, at=trap.at - cut) for trap in task.traps if trap.at >= cut),
        )
        if number and task.steps[:cut] == clearing
        else task
        for number, task in enumerate(tasks)
    ]


def take(plan: Plan, stage: Stage) -> Take:
    """Plays the tasks of a plan in turn. Raises Unproven where the first is not reached in the end, or not in time."""
    rng, limits = np.random.default_rng(plan.seed), plan.limits
    stage.show()
    played = Take(stage.spec, stage.scale, [])
    played.sights.append(sight(stage))
    for task in begun(stage.spec, plan.tasks):
        slips = bool(rng.random() < limits.slips)
        done = len(played.steps), len(played.sights)
        try:
            _play(rng, stage, played, task, slips, limits.most)
        except Lost as lost:
            if not played.tasks:
                raise Unproven([Failure("expert", f"{task.kind}: {lost}")]) from lost
            del played.steps[done[0] :], played.sights[done[1] :]  # what was done before stands
            break
        played.tasks.append(task)
    return played


def _play(rng: np.random.Generator, stage: Stage, played: Take, task: Task, slips: bool, most: int) -> None:
    number, start = len(played.tasks), played.sights[-1].state
    if not faults(task, start, start):
        raise Lost("what is wanted is so from the start")
    expert = Expert(rng, stage)
    at, kind = mistakes.plan(rng, task) if slips else (-1, "miss")
    trap = task.traps[at] if slips and kind == "trap" else None
    where = trap.at if trap else at

    def run(steps: tuple[Step | Move, ...], wrong: bool, mends: bool) -> None:
        for step in steps:
            if isinstance(step, Step):
                expert.give([step])
            while move := (step if isinstance(step, Move) else expert.next(played.sights[-1])):
                _act(stage, played, (task, number, start), move, wrong, mends)
                if len(played.steps) >= most:
                    raise Lost(f"more than {most} actions")
                if isinstance(step, Move):
                    break

    for place, step in enumerate(task.steps):
        if place == where:
            slip = (
                mistakes.Mistake(place, trap.wrong, trap.mend)
                if trap
                else mistakes.make(rng, kind, step, expert, played.sights[-1])
            )
            if slip:
                run(slip.wrong, True, False)
                run(slip.mend, False, True)
        run((step,), False, False)
    if wrong := faults(task, start, played.sights[-1].state):
        raise Lost(f"not reached: {'; '.join(wrong)}"[:300])
    done = Move("done", expert.act("terminate", status="success"))
    played.steps.append(Taken(done, number, len(played.sights) - 1, len(played.sights) - 1, False, False, [], 0))


def _act(stage: Stage, played: Take, of: tuple[Task, int, Any], move: Move, wrong: bool, mends: bool) -> None:
    task, number, start = of
    stage.do(move.action)
    before = len(played.sights) - 1
    played.sights.append(sight(stage))
    states = played.sights[before].state, played.sights[-1].state
    left = len(faults(task, start, states[1]))
    played.steps.append(Taken(move, number, before, before + 1, wrong, mends, changes(*states), left))
