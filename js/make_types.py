"""Writes src/types.ts: the messages of fusion_jupyter/widgets, and constants of the package.

``python js/make_types.py`` writes, ``--verify`` fails where the file is not what it would write.
Only the source is read, so that neither the package nor its dependencies are needed.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "fusion_jupyter"
SOURCES = tuple(PACKAGE / "widgets" / f"{name}messages.py" for name in ("", "study_", "map_"))
#: Constants that the browser half needs too, by module.
CONSTANTS = {
    "artifacts/listing.py": ("KINDS",),
    "config/schema/embedded.py": ("MIN_ITERATIONS",),
    "logs/window.py": ("TAIL_LINES",),
    "maps/svg.py": ("LONGEST_INSIDE", "LETTER_WIDTH", "NODE_RADIUS", "BESIDE"),
    "progress/loads.py": ("MOST_LOADS",),
    "storage/layout.py": (
        *("RUN_FILE", "STATE_FILE", "CANCEL_FILE", "SHARED_FILE", "LOCK_FILE", "PROGRESS_FILE"),
        *("LOG_FOLDER", "OUTPUT_FOLDER", "HEARTBEAT_SECONDS", "SILENT_SECONDS"),
    ),
    "widgets/file_table.py": ("PREVIEW_ROWS", "PREVIEW_COLUMNS"),
}
#: The types of constants for which the type of their values would be too narrow.
TYPES = {"KINDS": "Readonly<Record<string, Kind>>"}
TARGET = ROOT / "js" / "src" / "types.ts"
_HEAD = """\
// Written by js/make_types.py from fusion_jupyter: widgets/messages.py and its neighbours, and the
// modules of constants that it names. Do not edit.
"""
_BASIC = {
    "str": "string",
    "int": "number",
    "float": "number",
    "bool": "boolean",
    "Any": "unknown",
}


def type_of(node: ast.expr) -> str:
    """The TypeScript type of an annotation."""
    if isinstance(node, ast.Name):
        return _BASIC.get(node.id, node.id)
    if isinstance(node, ast.Constant) and node.value is None:
        return "null"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return f"{type_of(node.left)} | {type_of(node.right)}"
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        return _generic(node.value.id, node.slice)
    raise ValueError(f"line {node.lineno}: no TypeScript for {ast.unparse(node)}")


def _generic(name: str, inner: ast.expr) -> str:
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    if name == "list":
        element = type_of(parts[0])
        return f"({element})[]" if " " in element else f"{element}[]"
    if name in ("dict", "Mapping"):
        return f"Record<{type_of(parts[0])}, {type_of(parts[1])}>"
    if name == "Literal":
        return " | ".join(f'"{ast.literal_eval(part)}"' for part in parts)
    if name == "NotRequired":
        return type_of(parts[0])
    if name == "tuple":
        return f"[{', '.join(_labelled(part) for part in parts)}]"
    raise ValueError(f"line {inner.lineno}: no TypeScript for {name}[...]")


def _labelled(node: ast.expr) -> str:
    """An element of a tuple, with its name: ``Annotated[float, "erlang"]``."""
    if not (isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple)):
        raise ValueError(f"line {node.lineno}: elements of tuples have names")
    kind, label = node.slice.elts
    return f"{ast.literal_eval(label)}: {type_of(kind)}"


def _with_texts(body: list[ast.stmt]) -> Iterator[tuple[ast.stmt, str]]:
    """Statements, each with the text below it."""
    for index, statement in enumerate(body):
        following = body[index + 1] if index + 1 < len(body) else None
        yield statement, _text(following)


def _text(statement: ast.stmt | None) -> str:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return str(statement.value.value).strip()
    return ""


def _comment(text: str, indent: str = "") -> str:
    return f"{indent}/** {' '.join(text.replace('`', '').split())} */\n" if text else ""


def _interface(node: ast.ClassDef) -> str:
    fields = []
    for statement, text in _with_texts(node.body):
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        annotation = statement.annotation
        optional = isinstance(annotation, ast.Subscript) and (
            ast.unparse(annotation.value) == "NotRequired"
        )
        mark = "?" if optional else ""
        fields.append(_comment(text, "  "))
        fields.append(f"  {statement.target.id}{mark}: {type_of(annotation)};\n")
    text = _comment(ast.get_docstring(node) or "")
    return f"{text}export interface {node.name} {{\n{''.join(fields)}}}\n"


def _constants(module: str, names: Iterable[str]) -> Iterator[str]:
    """Constants of a module, each with its comment."""
    source = (PACKAGE / module).read_text(encoding="utf-8")
    lines = source.splitlines()
    found: dict[str, str] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if (name := ast.unparse(target)) in names:
                value = _value(ast.literal_eval(node.value))
                shape = f": {TYPES[name]}" if name in TYPES else ""
                narrow = " as const" if value.startswith("{") and not shape else ""
                comment = _comment(_comment_above(lines, node.lineno - 1))
                found[name] = f"{comment}export const {name}{shape} = {value}{narrow};\n"
    if missing := [name for name in names if name not in found]:
        raise ValueError(f"{module} has no {', '.join(missing)}")
    return (found[name] for name in names)


def _comment_above(lines: list[str], index: int) -> str:
    """The lines that begin with ``#:`` directly above a line."""
    words: list[str] = []
    while index > 0 and lines[index - 1].startswith("#:"):
        index -= 1
        words.insert(0, lines[index][2:].strip())
    return " ".join(words)


def _value(value: object) -> str:
    """A literal in TypeScript."""
    if isinstance(value, dict):
        rows = "".join(f"  {key}: {_value(each)},\n" for key, each in value.items())
        return f"{{\n{rows}}}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value)


def make() -> str:
    """The text of types.ts."""
    parts = [_HEAD]
    body = [
        statement
        for source in SOURCES
        for statement in ast.parse(source.read_text(encoding="utf-8")).body
    ]
    for statement, text in _with_texts(body):
        if isinstance(statement, ast.ClassDef):
            parts.append(_interface(statement))
        elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            kind = type_of(statement.value)
            parts.append(f"{_comment(text)}export type {statement.targets[0].id} = {kind};\n")
    for module, names in CONSTANTS.items():
        parts += _constants(module, names)
    return "\n".join(parts)


def main() -> str | None:
    """Write the file, or check that it is up to date; return what is wrong."""
    made = make()
    if "--verify" in sys.argv:
        if TARGET.read_text(encoding="utf-8") != made:
            return f"{TARGET} is out of date. Run: python js/make_types.py"
        return None
    TARGET.write_text(made, encoding="utf-8")
    return None


if __name__ == "__main__":
    sys.exit(main())
