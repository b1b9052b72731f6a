"""Photos of what went wrong, kept with the reshipment that it led to: added, and never changed or taken away."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Max

from reship.clients.access import Actor, require
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.errors import Refusal
from reship.fulfilment.desk import Desk, at_desk
from reship.fulfilment.photo import Photo, Upload, clean_photo
from reship.orders.models import EventType, EvidencePhoto

MOST_PHOTOS = 5


def add_evidence(
    shipment: str, uploads: Sequence[Upload], *, client: Client, actor: Actor, at: datetime
) -> list[EvidencePhoto]:
    """Adds photos to the reshipment that this shipment is, all or none; those that it has already are passed over.

    Pictures are made safe before anything is locked. Refuses `not_allowed`, `file_required`, `too_many_photos`, what
    `clean_photo` refuses, `shipment_not_found`, and `no_reshipment` for a shipment that sends nothing again.
    """
    require(actor, Right.RESHIP)
    if not uploads:
        raise Refusal("file_required", "Choose the photos.")
    if len(uploads) > MOST_PHOTOS:
        raise _too_many(shipment, there=0, given=len(uploads))
    photos = [clean_photo(upload) for upload in uploads]
    return at_desk(lambda desk: _add(desk, shipment, photos), client=client, actor=actor, at=at)


def _add(desk: Desk, number: str, photos: Sequence[Photo]) -> list[EvidencePhoto]:
    desk.open_orders_of([number])
    facts, of_shipment = desk.shipment(number)
    reshipment = of_shipment.made_by
    if reshipment is None:
        raise Refusal(
            "no_reshipment",
            f"{number} sends nothing again; photos belong to a reshipment, and tell why it was made.",
            shipment=number,
        )
    kept = EvidencePhoto.objects.filter(reshipment=reshipment)
    there = set(kept.values_list("sha256", flat=True))
    new: dict[str, Photo] = {}
    for photo in photos:
        if photo.sha256 not in there:
            new.setdefault(photo.sha256, photo)
    if len(there) + len(new) > MOST_PHOTOS:
        raise _too_many(number, there=len(there), given=len(new))
    last = kept.aggregate(last=Max("position"))["last"] or 0
    rows = [
        EvidencePhoto(
            client_id=desk.client.pk,
            reshipment=reshipment,
            position=last + place,
            name=photo.name,
            content=photo.jpeg,
            sha256=sha256,
            added_by=desk.actor.name,
            user_id=desk.actor.user_id,
            added_at=desk.at,
        )
        for place, (sha256, photo) in enumerate(new.items(), start=1)
    ]
    if rows:
        EvidencePhoto.objects.bulk_create(rows)
        desk.touch(facts)
    for row in rows:
        desk.history.record(EventType.EVIDENCE_ADDED, facts.order, shipment=of_shipment.shipment, name=row.name)
    return rows


def _too_many(shipment: str, *, there: int, given: int) -> Refusal:
    has = f"has {there} already and can have" if there else "can have"
    return Refusal(
        "too_many_photos",
        f"{shipment} {has} at most {MOST_PHOTOS} photos; {given} were chosen.",
        shipment=shipment,
        there=there,
        asked=given,
        most=MOST_PHOTOS,
    )
