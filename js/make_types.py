"""Writes src/types.ts from the modules of messages in fusion_jupyter/widgets.

``python js/make_types.py`` writes, ``--verify`` fails where the file is not what it would write.
Only the source is read, so that neither the package nor its dependencies are needed.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
WIDGETS = ROOT / "fusion_jupyter" / "widgets"
SOURCES = tuple(WIDGETS / f"{name}messages.py" for name in ("", "study_", "map_"))
KINDS = ROOT / "fusion_jupyter" / "artifacts" / "listing.py"
TARGET = ROOT / "js" / "src" / "types.ts"
_HEAD = """\
// Written by js/make_types.py from fusion_jupyter/widgets/messages.py. Do not edit.
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


def _kinds() -> str:
    """The table of file kinds, from the package's listing."""
    for node in ast.parse(KINDS.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_KINDS":
            table = ast.literal_eval(node.value)
            rows = "".join(f'  {extension}: "{kind}",\n' for extension, kind in table.items())
            text = _comment("Kind of a file by what stands behind its last dot, in small letters.")
            return f"{text}export const KINDS: Readonly<Record<string, Kind>> = {{\n{rows}}};\n"
    raise ValueError(f"{KINDS} has no _KINDS")


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
    return "\n".join([*parts, _kinds()])


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
