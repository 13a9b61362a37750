"""What a run tells: a line on the screen, JSON lines for the report, TensorBoard for the browser."""

import json
import time
from pathlib import Path
from typing import Any

from torch.utils.tensorboard import SummaryWriter

SCREEN_EVERY = 5.0  # seconds


def read_log(path: Path) -> list[dict[str, Any]]:
    """The steps logged so far; a line that a kill cut short is left out."""
    if not path.exists():
        return []
    steps = []
    for line in path.read_text().splitlines():
        try:
            steps.append(json.loads(line))
        except ValueError:
            break
    return steps


class Log:
    """Appends one row a step. Opened at `first`, it forgets the rows of later steps: they will be run again."""

    def __init__(self, folder: Path, name: str, first: int, steps: int):
        self.name, self.steps, self.first = name, steps, first
        path = folder / "log.jsonl"
        kept = [row for row in read_log(path) if row["step"] < first]
        path.write_text("".join(json.dumps(row) + "\n" for row in kept))
        self.file = path.open("a", buffering=1)
        self.board = SummaryWriter(str(folder / "tensorboard"), purge_step=first)
        self.began = time.monotonic()
        self.shown = 0.0

    def write(self, row: dict[str, Any]) -> None:
        self.file.write(json.dumps(row) + "\n")
        for key, value in row.items():
            if key != "step" and value is not None:
                self.board.add_scalar(key, value, row["step"])
        now, last = time.monotonic(), row["step"] + 1 == self.steps
        if last or now - self.shown >= SCREEN_EVERY:
            self.shown = now
            done = row["step"] + 1
            minutes, seconds = divmod(round((now - self.began) / (done - self.first) * (self.steps - done)), 60)
            print(
                f"{self.name}: step {done:,}/{self.steps:,}  loss {row['loss']:.3f}"
                f"  gradient {row['gradient_norm']:.2f}  {row['tokens_per_second']:,.0f} tokens/s"
                f"  {minutes} min {seconds} s left",
                flush=True,
            )

    def close(self) -> None:
        self.file.close()
        self.board.close()
