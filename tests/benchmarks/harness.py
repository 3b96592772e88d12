"""What every benchmark shares: rounds that alternate figure and limit, medians, one JSON file each."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

BENCH_DIR = Path(__file__).resolve().parents[2] / "var" / "bench"
ROUNDS = 5  # three for what takes over a minute


def size() -> Literal["small", "full"]:
    """SIZE=small|full: a quick look, or the size that the targets speak of."""
    wanted = os.environ.get("SIZE", "full")
    if wanted not in ("small", "full"):
        raise SystemExit(f"SIZE={wanted}: choose small or full.")
    return "small" if wanted == "small" else "full"


@dataclass
class Benchmark:
    """One figure beside the physical limit measured in the same run, in the same unit.

    `ratio` is figure / limit. `better`: whether a lower or a higher figure is better. `spread` is
    (largest - smallest) / median of the figure's rounds.
    """

    name: str
    unit: str
    limit_is: str
    better: Literal["lower", "higher"]
    target: str
    figures: list[float] = field(default_factory=list)
    limits: list[float] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    detail: dict[str, Any] = field(default_factory=dict)

    def run(
        self, *, figure: Callable[[int], float], limit: Callable[[int], float], rounds: int = ROUNDS
    ) -> None:
        """Measure both in turn, the one that goes first changing each round."""
        for number in range(rounds):
            if number % 2:
                self.limits.append(limit(number))
                self.figures.append(figure(number))
            else:
                self.figures.append(figure(number))
                self.limits.append(limit(number))
            print(f"  round {number + 1}: {self.figures[-1]:,.1f} {self.unit}, limit {self.limits[-1]:,.1f}")

    @property
    def figure(self) -> float:
        return statistics.median(self.figures)

    @property
    def limit(self) -> float:
        return statistics.median(self.limits)

    @property
    def ratio(self) -> float:
        return self.figure / self.limit

    def result(self) -> Mapping[str, Any]:
        return {
            "name": self.name,
            "figure": round(self.figure, 3),
            "unit": self.unit,
            "limit": round(self.limit, 3),
            "limit_is": self.limit_is,
            "ratio": round(self.ratio, 4),
            "better": self.better,
            "target": self.target,
            "rounds": len(self.figures),
            "spread": round((max(self.figures) - min(self.figures)) / self.figure, 4),
            "settings": {"size": size(), "cores": os.cpu_count(), "python": platform.python_version()}
            | self.settings,
            "detail": {"figures": self.figures, "limits": self.limits} | self.detail,
        }

    def write(self) -> Mapping[str, Any]:
        """Print the result and write `var/bench/NAME.json`."""
        found = self.result()
        BENCH_DIR.mkdir(parents=True, exist_ok=True)
        path = BENCH_DIR / f"{self.name}.json"
        path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        print(
            f"{self.name}: {self.figure:,.1f} {self.unit}; limit {self.limit:,.1f} ({self.limit_is});"
            f" ratio {self.ratio:.3f}, {self.better} is better; target: {self.target}"
        )
        return found
