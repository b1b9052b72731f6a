"""Pages that are worked with a scanner: one field that takes every scan, and an answer that is seen, read and heard.

A page is `show(request, Scanner(…), "web/_its_content.html", {…}, feedback=…)`: as a page, or as the fragment below the
field when a scan was sent by `scanner.js`, which sends scans one after the other, in the order in which they came, each
under a key of its own, and sends one again under the same key until it is answered. The view reads `Scanned.of(POST)`.
What the next scan must say besides its code (which parcel is open) stands in the content as
`<input type="hidden" name="…" form="scan-form">`: it is read when the scan is sent, so after the answers before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from uuid import uuid4

from django.http import HttpResponse, QueryDict
from django.shortcuts import render

from reship.errors import Refusal
from reship.http_status import status_of
from reship.web.access import PortalRequest
from reship.web.refusals import FigureInWords, figures_in_words


class Tone(StrEnum):
    """What is heard: a short high sound, two low ones, or a rising one when something is complete."""

    GOOD = "good"
    BAD = "bad"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Feedback:
    """What became of a scan. `detail` is the reason, or what to do now; `url` leads to what it tells of."""

    tone: Tone
    text: str
    detail: str = ""
    figures: tuple[FigureInWords, ...] = ()
    url: str = ""
    url_text: str = ""


@dataclass(frozen=True, slots=True)
class Scanner:
    """A page with the one field; `post_url` takes each scan. With `takes_quantity` a number may be typed beside it."""

    title: str
    post_url: str
    label: str
    hint: str = ""
    takes_quantity: bool = False


@dataclass(frozen=True, slots=True)
class Scanned:
    """What was sent: the code, the quantity if one was typed, and the key under which it counts once."""

    code: str
    quantity: str
    key: str

    @classmethod
    def of(cls, post: QueryDict) -> Self:
        return cls(post.get("code", "").strip(), post.get("quantity", "").strip(), post.get("key", ""))


def refused(refusal: Refusal) -> Feedback:
    """A refusal as the answer to a scan."""
    return Feedback(Tone.BAD, refusal.message, figures=tuple(figures_in_words(refusal)))


def show(
    request: PortalRequest,
    scanner: Scanner,
    content: str,
    context: Mapping[str, object],
    *,
    feedback: Feedback | None = None,
    refusal: Refusal | None = None,
) -> HttpResponse:
    """The page, or its part below the field; `content` is a template. A refusal is told with its own status."""
    told = feedback or (refused(refusal) if refusal else None)
    page = {**context, "scanner": scanner, "content": content, "feedback": told, "scan_key": uuid4().hex}
    template = "web/_scanner_answer.html" if request.htmx else "web/scanner.html"
    return render(request, template, page, status=status_of(refusal) if refusal else 200)
