"""Finds the messages in Go, Rust and Python."""

import ast
import re
from collections.abc import Iterator

from .clike import HOLE, Call, unquoted

GO_TEXT = r"""(?P<{0}>"(?:\\.|[^"\\\n])*"|`[^`]*`)"""
GO_COMMENT = re.compile(r"""//[^\n]*|/\*.*?\*/|("(?:\\.|[^"\\\n])*"|`[^`]*`|'(?:\\.|[^'\\])+')""", re.DOTALL)
GO_ERROR = re.compile(
    r"\b(?P<name>errors\.New|fmt\.Errorf|New[A-Z]\w*Error|newWrapf?|xerrors\.Errorf)\(\s*" + GO_TEXT.format("text")
)
GO_PANIC = re.compile(r"\bpanic\((?:fmt\.Sprintf\()?\s*" + GO_TEXT.format("text"))
# `NewFeatureTest("map batch api", haveBatchAPI, "5.6")`, and before 0.17 with the version as second argument.
GO_FEATURE = re.compile(r"\bNewFeatureTest\(\s*" + GO_TEXT.format("text") + r"\s*,\s*(?:\"(?P<version>[\d.]+)\")?")
GO_FEATURE_END = re.compile(r"\"(?P<version>[\d.]+)\"(?:,\s*\"\w+:[\d.]+\")*\)")
# Errors of types of their own: `return fmt.Sprintf("…", e.x)` in `func (e *someError) Error() string`.
GO_METHOD = re.compile(r"\) Error\(\) string \{(?P<body>.*?)\n\}", re.DOTALL)
GO_SPRINTF = re.compile(r"(?:Sprintf\(\s*|return\s+)" + GO_TEXT.format("text"))

RUST_ERROR = re.compile(r"#\[error\(\s*(?P<text>\"(?:\\.|[^\"\\])*\")", re.DOTALL)
RUST_LOG = re.compile(
    r"\b(?P<name>error|warn|info|debug|anyhow|bail|panic)!\(\s*(?P<text>\"(?:\\.|[^\"\\])*\")", re.DOTALL
)
RUST_COMMENT = re.compile(r"^\s*//[^\n]*$", re.MULTILINE)
RUST_TESTS = re.compile(r"^#\[cfg\(test\)\]\s*\nmod .*", re.MULTILINE | re.DOTALL)
RUST_BREAK = re.compile(r"\\\n\s*")


def go_calls(text: str) -> Iterator[Call]:
    text = GO_COMMENT.sub(lambda match: match.group(1) or "", text)
    for pattern, name in ((GO_ERROR, "error"), (GO_PANIC, "panic")):
        for match in pattern.finditer(text):
            yield Call(name, (go_unquoted(match["text"]),))
    for match in GO_METHOD.finditer(text):
        for inner in GO_SPRINTF.finditer(match["body"]):
            yield Call("error", (go_unquoted(inner["text"]),))
    for match in GO_FEATURE.finditer(text):
        version = match["version"] or (end["version"] if (end := GO_FEATURE_END.search(text, match.end())) else None)
        if version:
            yield Call("error", (f"{go_unquoted(match['text'])} not supported (requires >= v{version})",))


def go_unquoted(literal: str) -> str:
    return literal[1:-1] if literal.startswith("`") else unquoted(literal)


def rust_calls(text: str) -> Iterator[Call]:
    text = RUST_TESTS.sub("", RUST_COMMENT.sub("", text))
    for match in RUST_ERROR.finditer(text):
        yield Call("error", (unquoted(RUST_BREAK.sub("", match["text"])),))
    for match in RUST_LOG.finditer(text):
        yield Call(match["name"], (unquoted(RUST_BREAK.sub("", match["text"])),))


def python_calls(text: str) -> Iterator[Call]:
    """`raise Exception("…" % x)` and `print("…", file=sys.stderr)`."""
    for node in ast.walk(ast.parse(text)):
        call = node.exc if isinstance(node, ast.Raise) else node
        if not isinstance(call, ast.Call) or not call.args:
            continue
        is_print = isinstance(call.func, ast.Name) and call.func.id == "print"
        if (is_print or isinstance(node, ast.Raise)) and (shape := python_text(call.args[0])):
            yield Call("print" if is_print else "raise", (shape,))


def python_text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return python_text(node.left)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return (python_text(node.left) or HOLE) + (python_text(node.right) or HOLE)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        return python_text(node.func.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(python_text(part) or HOLE for part in node.values)
    return ""
