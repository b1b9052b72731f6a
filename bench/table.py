"""The one table that the bench prints, and its JSON."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace

from rich.table import Table

from bench.measure import Duel, Sample, median, p99


@dataclass(frozen=True)
class Row:
    """One thing that was measured. Figures are medians; `ratio` is ours by what it is compared with.

    `beside` says what that is, when it is not hand-made SQL: then `hand_made` is None and `base` holds the figure.
    """

    name: str
    database: str
    ours: float
    unit: str
    hand_made: float | None = None
    base: float | None = None
    beside: str = "hand-made SQL"
    ours_p99: float | None = None
    hand_made_p99: float | None = None
    ours_wall: float | None = None
    """In ms by the wall."""
    ours_wall_p99: float | None = None
    at_most: str = ""
    """The mark that was set, in words."""
    is_met: bool | None = None
    figures: dict[str, object] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        other = self.hand_made if self.hand_made is not None else self.base
        return self.ours / other if other else None

    def as_json(self) -> dict[str, object]:
        return asdict(self) | {"ratio": self.ratio}


def duel_row(
    name: str,
    database: str,
    duel: Duel,
    *,
    per: int = 1,
    unit: str,
    most_times: float | None = None,
    most: float | None = None,
    **figures: object,
) -> Row:
    """Processor time per thing, `per` things a sample.

    The mark, if any, is a multiple of the hand-made SQL (`most_times`) or stands for itself (`most`).
    """
    ours, hand_made = _cpu(duel.ours, per), _cpu(duel.hand_made, per)
    wall = [sample.wall / per for sample in duel.ours]
    limit = most_times * median(hand_made) if most_times is not None else most
    at_most = f"{most_times:g} ×" if most_times is not None else f"{_told(most)} ms" if most is not None else ""
    return Row(
        name=name,
        database=database,
        ours=median(ours),
        hand_made=median(hand_made),
        unit=unit,
        ours_p99=p99(ours),
        hand_made_p99=p99(hand_made),
        ours_wall=median(wall),
        ours_wall_p99=p99(wall),
        at_most=at_most,
        is_met=None if limit is None else median(ours) <= limit,
        figures={"samples": len(duel.ours), **figures},
    )


def compared_row(name: str, database: str, duel: Duel, *, per: int, unit: str, beside: str, most_times: float) -> Row:
    """Both sides are ours; `beside` says what the second one is."""
    row = duel_row(name, database, duel, per=per, unit=unit, most_times=most_times)
    return replace(row, hand_made=None, hand_made_p99=None, base=row.hand_made, beside=beside)


def _cpu(samples: Sequence[Sample], per: int) -> list[float]:
    return [sample.cpu / per for sample in samples]


def as_table(rows: Sequence[Row], title: str) -> Table:
    table = Table(title=title, title_justify="left")
    for head in ("what", "database"):
        table.add_column(head, no_wrap=True)
    for head in ("ours", "p99", "beside", "p99", "ratio", "by the wall", "p99"):
        table.add_column(head, justify="right", no_wrap=True)
    for head in ("unit", "at most", "beside what"):
        table.add_column(head)
    for row in rows:
        other = row.hand_made if row.hand_made is not None else row.base
        mark = {None: "", True: "[green]met[/] ", False: "[red]missed[/] "}[row.is_met]
        table.add_row(
            row.name,
            row.database,
            _told(row.ours),
            _told(row.ours_p99),
            _told(other),
            _told(row.hand_made_p99),
            "" if row.ratio is None else f"{row.ratio:.2f}",
            _told(row.ours_wall),
            _told(row.ours_wall_p99),
            row.unit,
            f"{mark}{row.at_most}",
            row.beside if other is not None else "",
        )
    return table


def as_markdown(rows: Sequence[Row]) -> str:
    """The same for a README: a table per database."""
    tables = []
    for database in dict.fromkeys(row.database for row in rows):
        lines = [
            f"**{_NAMES.get(database, database)}**\n",
            "| what | ours | hand-made SQL | ratio | at most | ours p99 | hand-made p99 | by the wall, p99 | unit |",
            "|---|" + "---:|" * 7 + "---|",
        ]
        lines += [_markdown_row(row) for row in rows if row.database == database]
        tables.append("\n".join(lines))
    return "\n\n".join(tables)


def _markdown_row(row: Row) -> str:
    other = _told(row.hand_made) if row.base is None else f"{_told(row.base)} ({row.beside})"
    ratio = "" if row.ratio is None else f"**{row.ratio:.2f}**"
    mark = {None: row.at_most, True: f"{row.at_most} ✓", False: f"{row.at_most} ✗"}[row.is_met]
    wall = f"{_told(row.ours_wall)}, {_told(row.ours_wall_p99)}" if row.ours_wall is not None else ""
    cells = [_told(row.ours), other, ratio, mark, _told(row.ours_p99), _told(row.hand_made_p99), wall, row.unit]
    return f"| `{row.name}` | {' | '.join(cells)} |"


_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def _told(figure: float | None) -> str:
    if figure is None:
        return ""
    if figure >= 100 or figure == int(figure):
        return f"{figure:.0f}"
    return f"{figure:.2f}" if figure >= 1 else f"{figure:.3f}"
