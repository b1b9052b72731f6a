"""Who asks: an API key, what it may do, and how often."""

from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from reship.api.bodies import read_body
from reship.clients.access import Actor, require
from reship.clients.access_tokens import caller_of_bearer
from reship.clients.api_keys import Caller
from reship.clients.key_limits import LIMITS, Allowance
from reship.clients.models import Client
from reship.clients.roles import Right
from reship.errors import Refusal


class ApiRequest(HttpRequest):
    """A request as an operation receives it: its key is valid, and may."""

    client: Client
    actor: Actor
    at: datetime
    request_id: str
    allowance: Allowance
    given: object


class ApiKey(HttpBearer):
    """Lets a request through whose key is valid, has not asked too often, and has the right.

    Refuses `invalid_api_key`, `too_many_requests`, `not_allowed`, in this order; then what `read_body` refuses.
    """

    openapi_description = "An API key of Settings → API keys, or an access token of `/api/v1/oauth/token`."

    def __init__(self, right: Right) -> None:
        super().__init__()
        self.right = right

    def __call__(self, request: HttpRequest) -> Caller:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise Refusal("invalid_api_key", "No API key was sent. Send it as Authorization: Bearer rsk_….")
        return self.authenticate(request, text.strip())

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        at = timezone.now()
        caller = caller_of_bearer(token, at=at)
        allowance = LIMITS.use_one(caller.key, at=at)
        request.__dict__.update(at=at, allowance=allowance, client=caller.client, actor=caller.actor, given=None)
        if allowance.is_spent:
            raise Refusal(
                "too_many_requests",
                f"This key may ask {allowance.limit} times a minute. Try again in {allowance.seconds} s.",
                limit=allowance.limit,
                seconds=allowance.seconds,
            )
        require(caller.actor, self.right)
        if request.method != "GET":
            request.__dict__["given"] = read_body(request)
        return caller
