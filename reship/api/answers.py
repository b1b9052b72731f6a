"""Answers of deeds: done once for one Idempotency-Key, and told alike each time."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpResponse
from pydantic import BaseModel

from reship.api.caller import ApiRequest
from reship.errors import Refusal
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
            "body": done.body.model_dump(mode="json"),
        }

    answered = once(
        told,
        key=request.headers.get("Idempotency-Key"),
        asked=[request.method, request.path, request.headers.get("If-Match", ""), request.given],
        client=request.client,
        actor=request.actor,
        at=request.at,
        keep_for=KEPT,
    )
    stored = answered.answer
    headers = {name: stored[field] for name, field in (("Location", "location"), ("ETag", "etag")) if stored[field]}
    if answered.replayed:
        headers["Idempotent-Replayed"] = "true"
    return HttpResponse(
        json.dumps(stored["body"]), status=stored["status"], content_type="application/json", headers=headers
    )


def asked_edition(request: ApiRequest) -> int:
    """The edition that an edit is based on. Refuses `edition_required`, `invalid_edition`."""
    given = request.headers.get("If-Match", "")
    if not given:
        raise Refusal("edition_required", "Send the ETag of what you change as If-Match.")
    text = given.removeprefix('"').removesuffix('"')
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Refusal("invalid_edition", 'If-Match is the ETag that the shipment was answered with, such as "3".')
    return int(text)
