"""Answers of deeds: done once for one Idempotency-Key, and told alike each time."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpResponse
from pydantic import BaseModel

from reship.api.caller import ApiRequest
from reship.errors import Refusal
from reship.fulfilment.edit_product import may_see_costs
from reship.fulfilment.once import once

KEPT = timedelta(days=90)
"""How long an answer is kept. Afterwards its key stays taken, and says what was made."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a deed answers: the body, the status, and where what it made is to be found."""

    body: BaseModel
    status: int = 200
    location: str = ""
    etag: str = ""


def answer_once(request: ApiRequest, work: Callable[[], Done]) -> HttpResponse:
    """Does `work`, verbs of one client, in one transaction; with the same Idempotency-Key and input only once.

    Whoever asks again while the first is at it waits for the first one's answer. Refuses `invalid_request_key`,
    `request_key_reused`, `answer_expired`, and whatever `work` refuses: then nothing is done, and the key stays free.
    """

    def told() -> dict[str, object]:
        done = work()
        return {
            "status": done.status,
            "location": done.location,
            "etag": done.etag,
            "body": done.body.model_dump_json(),
        }

    answered = once(
        told,
        key=request.headers.get("Idempotency-Key"),
        asked=[
            *(request.method, request.get_full_path(), request.headers.get("If-Match", ""), request.given),
            # The one thing in answers that not every key of a client may see: others get no answer that has it.
            may_see_costs(request.actor),
        ],
        client=request.client,
        actor=request.actor,
        at=request.at,
        keep_for=KEPT,
    )
    stored = answered.answer
    return _response(
        stored["body"],
        status=stored["status"],
        location=stored["location"],
        etag=stored["etag"],
        replayed=answered.replayed,
    )


def told(answer: BaseModel | Done) -> HttpResponse:
    """An answer that nobody has to remember, written out without being validated a second time."""
    done = answer if isinstance(answer, Done) else Done(answer)
    return _response(done.body.model_dump_json(), status=done.status, location=done.location, etag=done.etag)


def _response(body: str, *, status: int, location: str, etag: str, replayed: bool = False) -> HttpResponse:
    headers = {"Location": location, "ETag": etag, "Idempotent-Replayed": "true" if replayed else ""}
    return HttpResponse(
        body,
        status=status,
        content_type="application/json",
        headers={name: value for name, value in headers.items() if value},
    )


def asked_edition(request: ApiRequest) -> int | None:
    """The edition that an edit is based on, by If-Match; None for `*`, which any edition matches.

    A tag that is not ours is answered as an edition that never was. A weak one is taken as a strong one, which RFC 9110
    (section 13.1.1) would not: proxies that compress make tags weak, and ours name an edition and no bytes. Refuses
    `edition_required`, and `invalid_edition` for what is no single entity tag.
    """
    given = request.headers.get("If-Match", "").strip()
    if not given:
        raise Refusal("edition_required", "Send the ETag of what you change as If-Match.")
    if given == "*":
        return None
    if not _ENTITY_TAG.fullmatch(given):
        raise Refusal("invalid_edition", 'If-Match is the ETag that the shipment was answered with, such as "3", or *.')
    edition = _EDITION.fullmatch(given)
    return int(edition[1]) if edition else _NEVER


_ENTITY_TAG = re.compile(r'(W/)?"[\x21\x23-\x7e\x80-\xff]*"')
_EDITION = re.compile(r'(?:W/)?"([1-9][0-9]{0,8})"')
_NEVER = 0
"""No edition: they count from 1."""
