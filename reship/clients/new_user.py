"""A new person, before they have a password."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from reship import intake
from reship.clients.access import Actor, not_allowed, require
from reship.clients.models import Client, User
from reship.clients.roles import CLIENT_ROLES, Right, Role
from reship.errors import Refusal


def create_user(email: str, *, name: str, role: Role, client: Client | None, actor: Actor) -> User:
    """A person of a client, or of the fulfilment company without one. Only an invitation lets them in.

    Refuses `not_allowed` (also for a colleague of the company to whoever may not change settings, and for another
    client), `role_does_not_fit`, `invalid_text`, and `user_exists`.
    """
    require(actor, Right.INVITE)
    if client is None:
        require(actor, Right.SETTINGS)
    elif not actor.sees(client.pk):
        raise not_allowed(actor, Right.INVITE)
    if (role in CLIENT_ROLES) != (client is not None):
        belongs = "a client" if role in CLIENT_ROLES else "the fulfilment company, so of no client"
        raise Refusal("role_does_not_fit", f"A person with the role {role.value} is of {belongs}.", role=role.value)
    address = intake.text(email, field="e-mail", longest=254, required=True).lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise Refusal("invalid_text", f"{intake.shown(email)} is no e-mail address.", field="e-mail") from error
    checked_name = intake.text(name, field="name", longest=200, required=True)
    try:
        with transaction.atomic():
            return User.objects.create_user(address, name=checked_name, role=role, client=client)
    except IntegrityError as error:
        raise Refusal("user_exists", f"{address} is somebody's already.", email=address) from error
