"""Finds the messages in C and C++ by careful scanning: calls by name, with the format string among their arguments."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

TOKEN = re.compile(
    r"""(?P<skip>\s+|\\\n|//[^\n]*|/\*.*?\*/)
      |(?P<string>(?:u8|L)?"(?:\\.|[^"\\\n])*"|R"\((?s:.*?)\)")
      |(?P<char>'(?:\\.|[^'\\\n])*')
      |(?P<name>[A-Za-z_]\w*)
      |(?P<number>\d[\w.]*)
      |(?P<mark><<|->|::|.)""",
    re.VERBOSE | re.DOTALL,
)
COMMENT = re.compile(r"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+')|//[^\n]*|/\*.*?\*/""", re.DOTALL)
LONGEST = 4000
ESCAPE = re.compile(r"\\(x[0-9a-fA-F]+|[0-7]{1,3}|.)", re.DOTALL)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": ""}
# printf conversions that hide behind a macro.
PRINTF_MACRO = re.compile(r"PRI([diuxX])\w+$|__PRI64_PREFIX$")
BODY = re.compile(r"^\{", re.MULTILINE)
HEAD = re.compile(r"\b(\w+)\s*\(")
# Placeholders in the text of a message, for parts that are known only when it is printed.
HOLE = "%s"


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    offset: int


@dataclass(frozen=True)
class Call:
    """A call with a text in it."""

    name: str
    texts: tuple[str, ...]
    offset: int = 0


class Source:
    """A file without its comments."""

    def __init__(self, text: str) -> None:
        self.text = COMMENT.sub(lambda match: match.group(1) or " ", text)

    def tokens(self, start: int) -> Iterator[Token]:
        """The text from a position on, at most a few thousand characters."""
        for match in TOKEN.finditer(self.text, start, start + LONGEST):
            if (kind := match.lastgroup or "mark") != "skip":
                yield Token(kind, match.group(), match.start())

    @cached_property
    def functions(self) -> tuple[list[int], list[str]]:
        """Where the bodies of functions begin, in the kernel's style at the start of a line, and their names."""
        starts, names = [], []
        for match in BODY.finditer(self.text):
            head = re.split(r"[;}]|\n\n", self.text[max(0, match.start() - 600) : match.start()])[-1]
            if name := HEAD.search(head):
                starts.append(match.start())
                names.append(name.group(1))
        return starts, names

    def function(self, offset: int) -> str:
        """The name of the function around a place; empty outside of functions."""
        starts, names = self.functions
        index = bisect_right(starts, offset)
        return names[index - 1] if index else ""

    def calls(self, names: frozenset[str]) -> Iterator[Call]:
        """Calls of functions and macros, with the texts of the first argument that is one.

        An argument that chooses between texts gives each of them.
        """
        if not names:
            return
        for match in re.finditer(rf"\b({'|'.join(names)})\s*(?=\()", self.text):
            for argument in arguments(self.tokens(match.end())):
                if texts := alternatives(argument):
                    yield Call(match.group(1), texts, match.start())
                    break

    def streams(self, heads: frozenset[str]) -> Iterator[Call]:
        """Messages that C++ joins with `<<` or `+` after one of `heads`, up to the end of the statement."""
        if not heads:
            return
        for match in re.finditer(rf"\b({'|'.join(heads)})\b(?:\((\w+)\))?", self.text):
            if text := joined(self.tokens(match.end())):
                yield Call(match.group(2) or match.group(1), (text,), match.start())


def arguments(tokens: Iterator[Token]) -> Iterator[list[Token]]:
    """The parts between the commas, within the parentheses that the first token opens."""
    depth, argument = 0, []
    for token in tokens:
        if token.text in "([{" and token.kind == "mark":
            depth += 1
            if depth == 1:
                continue
        elif token.text in ")]}" and token.kind == "mark":
            depth -= 1
            if depth == 0:
                yield argument
                return
        elif token.text == ";" and depth <= 1:
            return
        if depth == 1 and token.text == ",":
            yield argument
            argument = []
        else:
            argument.append(token)


def alternatives(argument: list[Token]) -> tuple[str, ...]:
    """The texts that an argument can have; empty if its value is not a text in the source."""
    texts, parts, depth = [], [], 0
    for token in argument:
        if token.kind == "mark" and token.text in "()":
            depth += 1 if token.text == "(" else -1
        elif token.kind == "string" and depth <= 1:
            parts.append(unquoted(token.text))
        elif token.kind == "name" and (macro := PRINTF_MACRO.match(token.text)):
            parts.append(macro.group(1) or "")
        elif token.kind == "name" and parts and token.text.isupper():
            parts.append(HOLE)
        elif token.text in "?:":
            # Before `?` is a condition.
            if token.text == ":" and parts:
                texts.append("".join(parts))
            parts = []
        elif parts and depth == 0:
            return ()
    if parts:
        texts.append("".join(parts))
    return tuple(texts)


def joined(tokens: Iterator[Token]) -> str:
    """The text of a statement, with a placeholder for each part that is not text."""
    parts: list[str] = []
    depth = 0
    for token in tokens:
        if token.text in ";{" and depth <= 0 and token.kind == "mark":
            break
        if token.kind == "mark" and token.text in "([{":
            depth += 1
        elif token.kind == "mark" and token.text in ")]}":
            depth -= 1
            if depth < 0:
                break
        elif token.kind == "string":
            parts.append(unquoted(token.text))
        elif token.kind in ("name", "number") and token.text not in ("std", "endl") and parts and parts[-1] != HOLE:
            parts.append(HOLE)
    return "".join(parts)


def unquoted(literal: str) -> str:
    if literal.startswith("R"):
        return literal[3:-2]
    return ESCAPE.sub(lambda match: ESCAPES.get(match.group(1), match.group(1)), literal[literal.index('"') + 1 : -1])
