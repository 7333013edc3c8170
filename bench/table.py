"""The results as Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Unit:
    """What samples are shown in, after they were multiplied by `factor`."""

    name: str
    factor: float

    def show(self, value: float) -> str:
        """Three significant digits, or all before the point."""
        value *= self.factor
        digits = 0 if value >= 100 else 1 if value >= 10 else 2  # noqa: PLR2004
        return f"{value:,.{digits}f} {self.name}"

    def both(self, samples: list[float]) -> str:
        """Median, and minimum if that says more."""
        shown = self.show(median(samples))
        return shown if len(samples) == 1 else f"{shown} ({self.show(min(samples))})"


@dataclass(frozen=True)
class Compared:
    """The same work on both sides."""

    what: str
    ours: list[float]
    theirs: list[float]
    unit: Unit
    target: float | None = None

    @property
    def ratio(self) -> float:
        """How many times as much the gateway's takes, median to median."""
        return median(self.theirs) / median(self.ours)

    @property
    def verdict(self) -> str:
        """Whether the target was reached."""
        if self.target is None:
            return ""
        return f"{self.target:g}x" if self.ratio >= self.target else f"{self.target:g}x, **missed**"


@dataclass(frozen=True)
class Measured:
    """Something that the gateway has no counterpart of."""

    what: str
    samples: list[float]
    unit: Unit
    instructions: float | None = None


def rendered(machine: list[str], compared: list[Compared], measured: list[Measured], remarks: list[str]) -> str:
    """Everything, as it is printed and written."""
    versus = [
        (row.what, row.unit.both(row.theirs), row.unit.both(row.ours), f"{_short(row.ratio)}x", row.verdict)
        for row in compared
    ]
    alone = [
        (row.what, row.unit.both(row.samples), "" if row.instructions is None else f"{row.instructions:,.0f}")
        for row in measured
    ]
    return "\n".join(
        [
            "# Benchmarks",
            "",
            "Made by `make bench`: medians, minima in parentheses; a ratio is that of the medians.",
            "",
            *(f"- {line}" for line in machine),
            "",
            *_table(("", "argus-mcp", "argus-auth", "ratio", "target"), versus),
            "",
            *remarks,
            "",
            *_table(("per read", "time", "instructions"), alone),
            "",
            "Instructions are those of the process, the loop around the read included. What callgrind has the kernel",
            "do, which is to read the clock, is not among them.",
            "",
        ]
    )


def _short(ratio: float) -> str:
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2f}"  # noqa: PLR2004


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]

    def line(row: tuple[str, ...]) -> str:
        cells = [
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        return f"| {' | '.join(cells)} |"

    rule = [("-" * width) if column == 0 else "-" * (width - 1) + ":" for column, width in enumerate(widths)]
    return [line(head), f"| {' | '.join(rule)} |", *(line(row) for row in rows)]
