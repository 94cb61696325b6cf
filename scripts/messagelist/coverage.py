"""Which messages the catalogue names, which are left out for a reason, and which are missing.

The test `MessageCoverageTests` does the same with the program's own matching; decisions.json serves both.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from .table import Message, Table

NAMED, MISSING = "named", "missing"
REASONS = ("context", "internal", "debug", "usage")


@dataclass(frozen=True)
class Entry:
    id: str
    pattern: re.Pattern[str]
    literals: tuple[str, ...]
    is_context: bool

    def matches(self, line: str) -> bool:
        return (not self.literals or any(each in line for each in self.literals)) and bool(self.pattern.search(line))


@dataclass(frozen=True)
class Value:
    """A value for a conversion, chosen by the conversion and the text before it."""

    conversion: re.Pattern[str]
    before: re.Pattern[str]
    value: str


@dataclass(frozen=True)
class Decision:
    """The reasons why some messages deliberately have no entry."""

    reason: str
    sources: tuple[str, ...]
    file: str
    level: str
    shape: re.Pattern[str]

    def covers(self, source: str, message: Message) -> bool:
        return (
            (not self.sources or source in self.sources)
            and message.file.startswith(self.file)
            and self.level in ("", message.level)
            and bool(self.shape.search(message.shape))
        )


@dataclass(frozen=True)
class Coverage:
    entries: tuple[Entry, ...]
    hole: re.Pattern[str]
    values: tuple[Value, ...]
    decisions: tuple[Decision, ...]

    @classmethod
    def read(cls, catalogue: Path, decisions: Path) -> "Coverage":
        content = json.loads(decisions.read_text())
        return cls(
            tuple(
                Entry(
                    each["id"],
                    re.compile(each["regex"]),
                    tuple(each.get("literals", ())),
                    not each.get("decides", True),
                )
                for each in json.loads(catalogue.read_text())
                if "regex" in each
            ),
            re.compile(content["conversions"]),
            tuple(
                Value(re.compile(each["conversion"]), re.compile(each.get("before", "")), each["value"])
                for each in content["values"]
            ),
            tuple(
                Decision(
                    each["reason"],
                    tuple(each.get("sources", ())),
                    each.get("file", ""),
                    each.get("level", ""),
                    re.compile(each.get("shape", "")),
                )
                for each in content["decisions"]
            ),
        )

    def line(self, shape: str) -> str:
        """A line as it is printed, with a plausible value for each conversion."""
        parts, end = [], 0
        for match in self.hole.finditer(shape):
            parts.append(shape[end : match.start()])
            before = "".join(parts)
            value = next(
                (
                    each.value
                    for each in self.values
                    if each.conversion.search(match.group()) and each.before.search(before)
                ),
                "",
            )
            parts.append(value)
            end = match.end()
        return "".join([*parts, shape[end:]]).strip()

    def entry(self, shape: str) -> Entry | None:
        line = self.line(shape)
        return next((entry for entry in self.entries if entry.matches(line)), None)

    def state(self, source: str, message: Message) -> tuple[str, str]:
        """The status of a message, and the entry that names it."""
        if entry := self.entry(message.shape):
            return ("context" if entry.is_context else NAMED), entry.id
        covering = (each for each in self.decisions if each.covers(source, message))
        decision = next(covering, None)
        return (decision.reason if decision else MISSING), ""


def show(coverage: Coverage, tables: list[Table], listing: str | None) -> None:
    states = (NAMED, *REASONS, MISSING)
    counts = {table.source: dict.fromkeys(states, 0) for table in tables}
    for table in tables:
        for message in table.messages:
            state, entry = coverage.state(table.source, message)
            counts[table.source][state] += 1
            if state == listing:
                print(f"{table.source}\t{message.file}\t{message.level}\t{entry}\t{message.shape}")
    if listing:
        return
    print(f"{'source':<12}" + "".join(f"{state:>10}" for state in states) + f"{'covered':>10}")
    total = {state: sum(each[state] for each in counts.values()) for state in states}
    for source, each in [*counts.items(), ("all", total)]:
        caused = each[NAMED] + each[MISSING]
        share = f"{100 * each[NAMED] / caused:.1f} %" if caused else "-"
        print(f"{source:<12}" + "".join(f"{each[state]:>10}" for state in states) + f"{share:>10}")
