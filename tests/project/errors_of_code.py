"""The catalogue of errors, read from the code: every refusal that is written there, with its words and figures."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from reship.http_status import STATUS

ROOM = Path(__file__).parent.parent.parent / "reship"

_INTRODUCTION = """\
Every code that Reship refuses with, the same in the portal, the API, on the command line and in bulk. It is read from
the code (`RESHIP_WRITE_ERRORS=1 python3 run.py test tests/project/test_errors.py` writes it anew). `…` stands for
what differs each time; codes without a status occur on the command line and in logs only.
"""


@dataclass
class Entry:
    """One code: how its message reads, with `…` for what differs each time, and its figures by name."""

    code: str
    status: int | None
    messages: list[str] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        return {"code": self.code, "status": self.status, "messages": self.messages, "figures": self.figures}


def catalogue() -> list[Entry]:
    """Every code that the code names, sorted."""
    entries: dict[str, Entry] = {}
    for call in _refusals():
        code = call.args[0]
        if not (isinstance(code, ast.Constant) and isinstance(code.value, str)):
            continue
        status = STATUS.get(code.value)
        entry = entries.setdefault(code.value, Entry(code.value, status.value if status else None))
        message = _words(call.args[1]) if len(call.args) > 1 else ""
        if message and message not in entry.messages:
            entry.messages.append(message)
        for keyword in call.keywords:
            if keyword.arg and keyword.arg not in entry.figures:
                entry.figures.append(keyword.arg)
    return [entries[code] for code in sorted(entries)]


def as_markdown(entries: list[Entry]) -> str:
    """docs/errors.md."""
    rows = [
        f"| `{entry.code}` | {entry.status or ''} | {'<br>'.join(_cell(text) for text in entry.messages) or '–'} |"
        f" {', '.join(f'`{name}`' for name in entry.figures) or '–'} |"
        for entry in entries
    ]
    return "\n".join(
        [
            "# Errors",
            "",
            _INTRODUCTION,
            "| code | HTTP | in words | figures |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _refusals() -> Iterator[ast.Call]:
    for path in sorted(ROOM.rglob("*.py")):
        if "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refusal":
                yield node


def _words(node: ast.expr) -> str:
    """A message as the code writes it; what is put in at run time is `…`."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    if isinstance(node, ast.IfExp):
        return f"{_words(node.body)} / {_words(node.orelse)}"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _words(node.left) + _words(node.right)
    return "…"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
