"""`POST /oauth/token`: OAuth's client credentials (RFC 6749, section 4.4), for programs that know nothing else.

The id is a key's prefix and the secret its text; `oauthlib` knows the grant and its errors. See
docs/decisions/0017-access-tokens.md.
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote_plus, urlencode

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils import timezone
from ninja import Router
from oauthlib.common import Request
from oauthlib.oauth2 import InvalidRequestError, InvalidScopeError, OAuth2Error, RequestValidator
from oauthlib.oauth2.rfc6749.grant_types import ClientCredentialsGrant
from pydantic import BaseModel, ConfigDict, Field

from reship.clients.access_tokens import AccessToken, make_access_token, prove
from reship.clients.api_keys import Caller
from reship.errors import Refusal

router = Router(tags=["Access"])

_FORM = "application/x-www-form-urlencoded"
_LARGEST_BODY = 10_000
_MOST_FIELDS = 20
_NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_OPENAPI = {
    "requestBody": {
        "required": True,
        "content": {
            _FORM: {
                "schema": {
                    "type": "object",
                    "required": ["grant_type"],
                    "properties": {
                        "grant_type": {"type": "string", "enum": ["client_credentials"]},
                        "client_id": {
                            "type": "string",
                            "description": "The key's prefix, when not sent by HTTP Basic.",
                        },
                        "client_secret": {"type": "string", "description": "The key's text, when not by HTTP Basic."},
                        "scope": {"type": "string", "description": "Scopes of the key, with spaces between them."},
                    },
                },
                "example": {
                    "grant_type": "client_credentials",
                    "client_id": "rsk_0123456789",
                    "client_secret": "rsk_0123456789_…",
                    "scope": "read",
                },
            }
        },
    },
    "responses": {
        401: {
            "headers": {"WWW-Authenticate": {"schema": {"type": "string"}, "description": "How to prove who you are."}}
        },
        429: {"headers": {"Retry-After": {"schema": {"type": "integer"}, "description": "In seconds."}}},
    },
}


class Token(BaseModel):
    """What is sent as `Authorization: Bearer …` from now on."""

    model_config = ConfigDict(extra="forbid")

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int = Field(description="In seconds.")
    scope: str = Field(description="With spaces between them.", examples=["read orders"])


class OAuthError(BaseModel):
    """What went wrong, as RFC 6749 has it."""

    model_config = ConfigDict(extra="forbid")

    error: str = Field(examples=["invalid_client"])
    error_description: str | None = None


@dataclass(frozen=True, slots=True)
class _Program:
    """A key as the library wants to know it."""

    client_id: str
    caller: Caller


@router.post(
    "/oauth/token",
    auth=None,
    response={
        HTTPStatus.OK: Token,
        (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS): OAuthError,
    },
    operation_id="make_access_token",
    summary="An access token for a key",
    description=(
        "OAuth 2.0 client credentials (RFC 6749, section 4.4). The id is the key's prefix, the secret its text, sent "
        "by HTTP Basic or in the form. The token is good for an hour, and as long as its key is."
    ),
    openapi_extra=_OPENAPI,
)
def token(request: HttpRequest) -> HttpResponse:
    keys = _Keys(address=str(request.META.get("REMOTE_ADDR", "")), at=timezone.now())
    try:
        asked = Request("/api/v1/oauth/token", "POST", urlencode(_asked(request)))
        headers, body, status = ClientCredentialsGrant(keys).create_token_response(asked, _Tokens(keys.at))
    except OAuth2Error as error:
        headers, body, status = error.headers, error.json, error.status_code
    except Refusal as refusal:
        if refusal.code != "too_many_attempts":
            raise
        return _too_many(refusal)
    answer = HttpResponse(body, status=status, headers={**headers, "Content-Type": "application/json", **_NOT_KEPT})
    if status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = 'Basic realm="Reship", charset="UTF-8"'
    return answer


class _Keys(RequestValidator):  # type: ignore[misc] # The library is not typed.
    """Tells the library whether a key is one, and which scopes it has."""

    def __init__(self, *, address: str, at: datetime) -> None:
        super().__init__()
        self._address = address
        self.at = at

    def client_authentication_required(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        return True

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        prefix, text = request.client_id or "", request.client_secret or ""
        try:
            caller = prove(prefix, text, address=self._address, at=self.at)
        except Refusal as refusal:
            if refusal.code != "invalid_api_key":
                raise
            return False
        request.client = _Program(prefix, caller)
        return True

    def validate_grant_type(self, *args: Any, **kwargs: Any) -> bool:
        return True

    def get_default_scopes(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> list[str]:
        return list(request.client.caller.key.scopes)

    def validate_scopes(
        self, client_id: str, scopes: Sequence[str], client: _Program, request: Any, *args: Any
    ) -> bool:
        try:
            request.made = make_access_token(client.caller, scopes, at=self.at)
        except Refusal as refusal:
            raise InvalidScopeError(description=_plain(refusal.message)) from refusal
        return True

    def save_token(self, token: Mapping[str, Any], request: Any, *args: Any, **kwargs: Any) -> None:
        """A token is stored nowhere."""


@dataclass(frozen=True, slots=True)
class _Tokens:
    """Hands the library the token that was made when its scopes were looked at."""

    at: datetime

    def create_token(self, request: Any, *, refresh_token: bool) -> dict[str, object]:
        made: AccessToken = request.made
        return {
            "access_token": made.text,
            "token_type": "Bearer",
            "expires_in": int((made.expires_at - self.at).total_seconds()),
            "scope": " ".join(made.scopes),
        }


def _asked(request: HttpRequest) -> dict[str, str]:
    """The form's fields, with the id and the secret in them, however they were sent.

    Raises the library's error for what is no form, for a field that comes twice, and for two ways to prove at once.
    """
    if request.content_type != _FORM:
        raise InvalidRequestError(description=f"Send the fields as {_FORM}.")
    try:
        body = request.body
        pairs = parse_qsl(body.decode() if len(body) <= _LARGEST_BODY else "", max_num_fields=_MOST_FIELDS)
    except (RequestDataTooBig, UnreadablePostError, ValueError) as error:
        raise InvalidRequestError(description="The form cannot be read.") from error
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise InvalidRequestError(description="A field is there twice.")
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        prefix, secret = _basic(credentials.strip())
        if "client_secret" in fields or fields.get("client_id", prefix) != prefix:
            raise InvalidRequestError(description="Prove who you are by HTTP Basic or in the form, not by both.")
        fields |= {"client_id": prefix, "client_secret": secret}
    return fields


def _basic(credentials: str) -> tuple[str, str]:
    """Id and secret, which are encoded as in a form (section 2.3.1); empty for what is neither."""
    try:
        prefix, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return unquote_plus(prefix), unquote_plus(secret)


def _too_many(refusal: Refusal) -> HttpResponse:
    minutes = refusal.figures["minutes"]
    assert isinstance(minutes, int)
    told = {"error": "temporarily_unavailable", "error_description": _plain(refusal.message)}
    headers = {"Retry-After": str(60 * minutes), **_NOT_KEPT}
    return HttpResponse(
        json.dumps(told), status=HTTPStatus.TOO_MANY_REQUESTS, content_type="application/json", headers=headers
    )


def _plain(text: str) -> str:
    """The characters that a description may have: printable ASCII without quotes and backslashes."""
    return "".join(c if " " <= c <= "~" and c not in '"\\' else "?" for c in text)
