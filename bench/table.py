"""The results as Markdown tables."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Unit:
    """A unit of the tables. Samples are multiplied by `factor` before they are shown."""

    name: str
    factor: float

    def show(self, value: float) -> str:
        """Returns `value` in this unit, with three significant digits or as an integer."""
        value *= self.factor
        digits = 0 if value >= 100 else 1 if value >= 10 else 2  # noqa: PLR2004
        return f"{value:,.{digits}f} {self.name}"

    def both(self, samples: list[float]) -> str:
        """Returns the median, followed by the minimum if there are several samples."""
        shown = self.show(median(samples))
        return shown if len(samples) == 1 else f"{shown} ({self.show(min(samples))})"


@dataclass(frozen=True)
class Compared:
    """A row for work that both sides do."""

    what: str
    ours: list[float]
    theirs: list[float]
    unit: Unit
    target: float | None = None

    @property
    def ratio(self) -> float:
        """The median of the gateway divided by the median of argus-auth."""
        return median(self.theirs) / median(self.ours)

    @property
    def verdict(self) -> str:
        """The target, and a mark if it was missed; empty without a target."""
        if self.target is None:
            return ""
        return f"{self.target:g}x" if self.ratio >= self.target else f"{self.target:g}x, **missed**"


@dataclass(frozen=True)
class Measured:
    """A row for a baseline, or for work for which the gateway has no counterpart."""

    what: str
    samples: list[float]
    unit: Unit
    instructions: float | None = None


def rendered(machine: list[str], compared: list[Compared], measured: list[Measured], remarks: list[str]) -> str:
    """Returns the whole report."""
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
            "Written by `make bench`. Values are medians, with minima in parentheses. Ratios are ratios of medians.",
            "",
            *(f"- {line}" for line in machine),
            "",
            *_table(("", "argus-mcp", "argus-auth", "ratio", "target"), versus),
            "",
            *remarks,
            "",
            *_table(("operation", "time or memory", "instructions per read"), alone),
            "",
            "The instructions of the process are counted, including the loop around the read. Instructions of the",
            "kernel are not counted. Under callgrind, the read of the clock is a system call, so it is hardly counted.",
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
