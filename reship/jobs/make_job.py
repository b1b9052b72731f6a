"""Making a job: a draft whose set of orders is fixed, to be looked at before it is confirmed."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import datetime

from django.db.models import Case, F, JSONField, Q, Value, When, Window
from django.db.models.functions import RowNumber
from django_scopes import scope

from reship.clients.access import Actor
from reship.clients.models import Client
from reship.database.many import insert_columns, insert_from
from reship.database.retry import one_transaction
from reship.errors import Refusal
from reship.fulfilment.request_keys import request_key_reused, require_valid_key
from reship.jobs.asking import JobOptions, JobOrder, checked_options, checked_orders, fingerprint
from reship.jobs.models import ItemState, Job, JobItem
from reship.jobs.parcels import name_all_parcels
from reship.jobs.queries import job_numbered
from reship.orders.numbers import locked_counter
from reship.orders.queries import OrderFilter, matching_orders

Fill = Callable[[Job], int]
"""Gives a new job its items, with positions from 1 on; answers how many."""


def make_job(
    orders: Sequence[JobOrder],
    options: JobOptions,
    *,
    client: Client,
    actor: Actor,
    at: datetime,
    selection: str = "",
    key: str = "",
) -> Job:
    """A draft for these orders. A number that is no order's is refused at its turn, beside the others.

    With a `key`, the same request again answers with the first one's job. Refuses `client_not_found`, `not_allowed`,
    `nothing_selected`, `too_many_orders`, `duplicate_order`, `request_key_reused`, and what is wrong with the options:
    `invalid_reason`, `reason_required`, `invalid_fault`, `invalid_hold`, `invalid_text`.
    """
    checked = checked_options(
        options, client=client, actor=actor, rows_give_reasons=any(order.reason for order in orders)
    )
    cleaned = checked_orders(list(orders))

    # Columns and no models: a list of 100,000 orders would take seconds more, while its rows are locked.
    columns = {
        "client_id": [client.pk] * len(cleaned),
        "position": range(1, len(cleaned) + 1),
        "order_number": [order.number for order in cleaned],
        "source": [order.source for order in cleaned],
        "asked": [order.asked() for order in cleaned],
    }

    def fill(job: Job) -> int:
        insert_columns(JobItem, client.pk, columns | {"job_id": [job.pk] * len(cleaned)})
        return len(cleaned)

    draft = _draft(checked, client, actor, at, selection or _counted(len(cleaned)))
    draft.key, draft.input_hash = key, _hashed(checked, cleaned, key)
    return _make(draft, fill, client=client, actor=actor)


def make_job_of_matching(
    wanted: OrderFilter,
    options: JobOptions,
    *,
    client: Client,
    actor: Actor,
    at: datetime,
    selection: str = "",
    key: str = "",
) -> Job:
    """A draft for all orders that match now, however many, with one statement; orders that match later are not in it.

    Refuses as `make_job`; `nothing_selected` when no order matches, `invalid_text` for the filter's search.
    """
    checked = checked_options(options, client=client, actor=actor)

    def fill(job: Job) -> int:
        orders = matching_orders(wanted, client.pk).order_by()
        return insert_from(
            JobItem,
            orders,
            client_id=Value(client.pk),
            job_id=Value(job.pk),
            position=_in_order_of("placed_at", "pk"),
            order_number=F("number"),
        )

    draft = _draft(checked, client, actor, at, selection or "All that match a filter")
    draft.key, draft.input_hash = key, _hashed(checked, [wanted], key)
    return _make(draft, fill, client=client, actor=actor)


def retry_refused(number: int, *, client: Client, actor: Actor, at: datetime) -> Job:
    """A draft for the orders that this job refused, with the same options.

    Refuses `job_not_found`, `not_allowed`, and `nothing_selected` when none was refused.
    """
    refused = job_numbered(client, number, actor=actor)
    options = checked_options(JobOptions.from_json(refused.options), client=client, actor=actor, rows_give_reasons=True)

    def fill(job: Job) -> int:
        return insert_from(
            JobItem,
            JobItem.objects.filter(job_id=refused.pk, state=ItemState.REFUSED),
            client_id=Value(client.pk),
            job_id=Value(job.pk),
            position=_in_order_of("position"),
            order_number=F("order_number"),
            source=F("source"),
            # Which parcels these are is not for the new job to choose again.
            asked=Case(When(~Q(source=""), asked__isnull=True, then=Value({}, JSONField())), default=F("asked")),
        )

    draft = _draft(replace(options, all_parcels=False), client, actor, at, f"Refused by job {number}")
    draft.retry_of = refused
    return _make(draft, fill, client=client, actor=actor)


def _draft(options: JobOptions, client: Client, actor: Actor, at: datetime, selection: str) -> Job:
    return Job(
        client=client,
        deed=options.deed,
        options=options.as_json(),
        selection=selection[:300],
        made_by=actor.name,
        user_id=actor.user_id,
        api_key_id=actor.api_key_id,
        made_at=at,
    )


def _make(draft: Job, fill: Fill, *, client: Client, actor: Actor) -> Job:
    if not actor.sees(client.pk):
        raise Refusal("client_not_found", f"There is no client {client.code}.", client=client.code)
    if draft.key:
        require_valid_key(draft.key)

    def transaction() -> Job:
        counter = locked_counter(client.pk)
        earlier = Job.objects.filter(key=draft.key).first() if draft.key else None
        if earlier is not None:
            if earlier.input_hash != draft.input_hash:
                raise request_key_reused(draft.key)
            return earlier
        draft.number, counter.next_job = counter.next_job, counter.next_job + 1
        counter.save(update_fields=["next_job"])
        draft.pk = None
        draft.save(force_insert=True)
        draft.submitted = draft.last_position = fill(draft)
        if not draft.submitted:
            raise Refusal("nothing_selected", "No order fits, so there is nothing to do.")
        if JobOptions.from_json(draft.options).all_parcels:
            name_all_parcels(draft)
        draft.save(update_fields=["submitted", "last_position"])
        return draft

    with scope(client=client.pk):
        return one_transaction(transaction)


def _in_order_of(*names: str) -> Window:
    return Window(RowNumber(), order_by=[F(name) for name in names])


def _counted(orders: int) -> str:
    return f"{orders:,} {'order' if orders == 1 else 'orders'}"


def _hashed(options: JobOptions, what: Sequence[JobOrder] | Sequence[OrderFilter], key: str) -> str:
    return hashlib.sha256(fingerprint(options, [asdict(part) for part in what]).encode()).hexdigest() if key else ""
