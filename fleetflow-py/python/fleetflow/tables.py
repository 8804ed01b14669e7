"""Tables as notebooks show them. Plain HTML without scripts."""

from __future__ import annotations

from html import escape
from typing import Iterable, Sequence

__all__ = ["table"]

_COLOURS = {
    "create": "#1a7f37",
    "adopt": "#1a7f37",
    "update": "#9a6700",
    "replace": "#bc4c00",
    "delete": "#cf222e",
    "forget": "#57606a",
    "failed": "#cf222e",
    "bad": "#cf222e",
    "waiting": "#9a6700",
    "ok": "#1a7f37",
}


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], notes: Iterable[str] = ()) -> str:
    """An HTML table; a cell that names an action or a state has its colour."""
    body = "".join(f"<tr>{''.join(_cell(text) for text in row)}</tr>" for row in rows)
    titles = "".join(f'<th style="text-align:left">{escape(title)}</th>' for title in head)
    below = "".join(f"<div>{escape(note)}</div>" for note in notes)
    shown = f"<thead><tr>{titles}</tr></thead><tbody>{body}</tbody>" if body else ""
    return f"<table><caption>{escape(caption)}</caption>{shown}</table>{below}"


def _cell(text: str) -> str:
    colour = _COLOURS.get(text.split(" ", 1)[0])
    style = f"text-align:left;vertical-align:top;white-space:pre-wrap{f';color:{colour}' if colour else ''}"
    return f'<td style="{style}">{escape(text)}</td>'
