"""Display of settings: each effective value and its origin."""

from __future__ import annotations

import html
from collections.abc import Sequence

#: Name, value, origin.
Row = tuple[str, str, str]

_CELL = "text-align:left;padding:2px 16px 2px 0"


def text(rows: Sequence[Row]) -> str:
    """Settings as lines of text."""
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    return "\n".join(
        f"{name:<{widths[0]}}  {value:<{widths[1]}}  ({origin})" for name, value, origin in rows
    )


def as_html(rows: Sequence[Row]) -> str:
    """Settings as a table."""
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{html.escape(cell)}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    heads = "".join(
        f'<th scope="col" style="{_CELL}">{head}</th>' for head in ("setting", "value", "from")
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
