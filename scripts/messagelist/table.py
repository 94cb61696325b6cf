"""The messages of a source over its versions, and the file that keeps them."""

import json
from dataclasses import dataclass
from pathlib import Path

from .sources import MessageSource


@dataclass(frozen=True)
class Message:
    shape: str
    file: str
    level: str
    since: str
    until: str


@dataclass(frozen=True)
class Table:
    source: str
    summary: str
    # What was read, by version.
    read: dict[str, str]
    messages: tuple[Message, ...]

    def write(self, folder: Path) -> None:
        """One message per line, so that a changed message is a changed line."""
        head = {"source": self.source, "summary": self.summary, "read": self.read}
        text = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
        rows = ",\n".join(json.dumps(vars(each), ensure_ascii=False) for each in self.messages)
        (folder / f"{self.source}.json").write_text(f'{text},\n "messages": [\n{rows}\n]}}\n')


def read_trees(source: MessageSource, folder: Path) -> Table | None:
    """Reads `folder`/VERSION for each version; `None` if there is none."""
    trees = sorted((each for each in folder.iterdir() if each.is_dir()), key=age) if folder.is_dir() else []
    trees = [each for each in trees if not each.name.endswith(".tmp")]
    if not trees:
        return None
    found: dict[str, Message] = {}
    for tree in trees:
        for shape, file, level in source.messages(tree):
            known = found.get(shape)
            # The plainest level counts: a message that is also written for debugging is written without it.
            kept = min(level, known.level, key=order) if known and known.until == tree.name else level
            found[shape] = Message(shape, file, kept, known.since if known else tree.name, tree.name)
    messages = sorted(found.values(), key=lambda each: (each.file, each.shape))
    return Table(source.name, source.summary, {tree.name: origin(tree) for tree in trees}, tuple(messages))


def read_table(file: Path) -> Table:
    content = json.loads(file.read_text())
    messages = tuple(Message(**each) for each in content["messages"])
    return Table(content["source"], content["summary"], content["read"], messages)


def age(tree: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in tree.name.split(".") if part.isdigit())


def origin(tree: Path) -> str:
    """The origin of the sources, from a file next to them."""
    file = tree / "ORIGIN"
    return file.read_text().strip() if file.exists() else tree.name


def order(level: str) -> int:
    return ("error", "warning", "info", "bug", "debug").index(level)
