"""The proof that both sides do the same: two copies of one database, the same deeds, and every row compared."""

import functools
import json
from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import apps
from django.db import connection, models

from bench.places import Database, Place
from bench.reships import asked, asked_by_job, job_for, one_ours, work_through
from bench.scene import Scene, Sizes, scene_in
from reship.inventory.audit import audit
from reship.jobs.work import Worker

_OF_EACH_KIND = 12
_ROOMS = ("orders", "inventory", "fulfilment", "jobs")
_TOLD_BY_ITSELF = frozenset({"id", "input_hash"})
Row = dict[str, Any]


def differences_between_sides(place: Place, template: Database) -> list[str]:
    """Lets ours re-ship some orders in one copy and hand-made the same in another.

    Answers a sentence for each row that only one of them holds afterwards, and for each violation that the audit finds
    in either; none when all is well.
    """
    told = []
    found = []
    for name, deed in (("ours", _by_ours), ("hand-made", _by_hand)):
        database = place.copy(template)
        try:
            with scene_in(database, place.kind, Sizes(is_quick=True, orders=0), lambda _: None) as scene:
                numbers = _varied(scene)
                assert len(numbers) > _OF_EACH_KIND, f"there are only {len(numbers)} orders to compare with"
                deed(scene, numbers)
                told.append(everything())
                found += [f"{name}: {violation.text}" for violation in audit()]
        finally:
            place.drop(database)
    return [*found, *differences(*told)]


def _by_ours(scene: Scene, numbers: list[str]) -> None:
    one, *many = numbers
    work_through(scene, job_for(scene, many), Worker(), [])
    one_ours(scene, one, key="one")


def _by_hand(scene: Scene, numbers: list[str]) -> None:
    one, *many = numbers
    scene.hand_made.reship(asked_by_job(scene, job_for(scene, many)))
    scene.hand_made.reship(asked(scene, [one], key="one"))


def _varied(scene: Scene) -> list[str]:
    """Orders of every kind that can be sent again: gone, still here, held, and gone for the second time."""
    kinds = (
        "status = 'FULFILLED' AND reshipments_made = 0",
        "status = 'AWAITING'",
        "status = 'ON_HOLD'",
        "status = 'FULFILLED' AND reshipments_made = 1",
    )
    return [
        number
        for kind in kinds
        for (number,) in scene.plain.rows(
            f"SELECT number FROM orders_order WHERE client_id = :client AND {kind} ORDER BY id LIMIT {_OF_EACH_KIND}",
            {"client": scene.client.pk},
        )
    ]


def everything() -> dict[str, list[str]]:
    """The rows of every table of the rooms that a reship writes to, by table, each as text, sorted.

    A row that refers to another names it by what makes that one unique; ids, times and the hash of a request differ
    between two runs of the same deed and are left out.
    """
    names = _Names()
    return {model._meta.db_table: sorted(names.told(model)) for model in _models()}


def differences(ours: dict[str, list[str]], hand_made: dict[str, list[str]]) -> list[str]:
    """One sentence per row that only one of them has; empty when they are the same."""
    found = []
    for table, rows in ours.items():
        others = hand_made[table]
        found += [f"{table}: only ours: {row}" for row in _without(rows, others)]
        found += [f"{table}: only hand-made: {row}" for row in _without(others, rows)]
    return found


def _without(rows: Sequence[str], others: Sequence[str]) -> list[str]:
    left = list(others)
    only = []
    for row in rows:
        if row in left:
            left.remove(row)
        else:
            only.append(row)
    return only


def _models() -> Iterator[type[models.Model]]:
    for room in _ROOMS:
        if apps.is_installed(f"reship.{room}"):
            yield from apps.get_app_config(room).get_models()


class _Names:
    """Rows by id, and the names that they have without one."""

    def __init__(self) -> None:
        self._rows: dict[type[models.Model], dict[int, Row]] = {}
        self._names: dict[tuple[type[models.Model], int], object] = {}

    def told(self, model: type[models.Model]) -> Iterator[str]:
        for row in self._of(model).values():
            yield json.dumps(self._plain(model, row), sort_keys=True, default=str)

    def _plain(self, model: type[models.Model], row: Row) -> Row:
        told: Row = {}
        for field in model._meta.concrete_fields:
            if field.name in _TOLD_BY_ITSELF or isinstance(field, models.DateTimeField):
                continue
            value = row[str(field.column)]
            if isinstance(field, models.ForeignKey) and value is not None:
                value = self._name(field.related_model, value)
            elif isinstance(field, models.JSONField) or field.name == "answer":
                value = json.loads(value) if isinstance(value, str) and value else value
            elif isinstance(field, models.BooleanField):
                value = bool(value)
            told[field.name] = value
        return told

    def _name(self, model: Any, row_id: int) -> object:
        """What is unique about the row besides its id, all the way down."""
        if (model, row_id) not in self._names:
            self._names[model, row_id] = self._told_name(model, self._of(model)[row_id])
        return self._names[model, row_id]

    def _told_name(self, model: Any, row: Row) -> list[object]:
        told = []
        for name in _unique(model):
            field = model._meta.get_field(name)
            value = row[str(field.column)]
            is_reference = isinstance(field, models.ForeignKey) and value is not None
            told.append(self._name(field.related_model, value) if is_reference else value)
        return told

    def _of(self, model: type[models.Model]) -> dict[int, Row]:
        if model not in self._rows:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT * FROM {model._meta.db_table}")
                columns = [column[0] for column in cursor.description]
                found = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
            self._rows[model] = {row["id"]: row for row in found}
        return self._rows[model]


@functools.cache
def _unique(model: Any) -> Sequence[str]:
    """The names of the fields that tell a row from all others of its table, but for the id."""
    for constraint in model._meta.constraints:
        is_whole = isinstance(constraint, models.UniqueConstraint) and constraint.condition is None
        if is_whole and "id" not in constraint.fields:
            return tuple(constraint.fields)
    return tuple(field.name for field in model._meta.concrete_fields if field.unique and not field.primary_key)
