"""A new person, before they have a password."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from reship import intake
from reship.clients.access import Actor, not_allowed, require
from reship.clients.account_log import What, log
from reship.clients.models import Client, User
from reship.clients.roles import CLIENT_ROLES, Right, Role
from reship.database.retry import one_transaction
from reship.errors import Refusal

LONGEST_EMAIL = 200
"""In characters: a person's e-mail stands in the address of their page."""


def create_user(
    email: str, *, name: str, role: Role, client: Client | None, actor: Actor, at: datetime, address: str = ""
) -> User:
    """A person of a client, or of the fulfilment company without one. Only an invitation lets them in.

    `address` is the network address from which they are invited.

    Refuses `not_allowed` (also for a colleague of the company to whoever may not change settings, and for another
    client), `role_does_not_fit`, `invalid_text`, and `user_exists`.
    """
    require(actor, Right.PEOPLE)
    if client is None:
        require(actor, Right.SETTINGS)
    elif not actor.sees(client.pk):
        raise not_allowed(actor, Right.PEOPLE)
    if (role in CLIENT_ROLES) != (client is not None):
        belongs = "a client" if role in CLIENT_ROLES else "the fulfilment company, so of no client"
        raise Refusal("role_does_not_fit", f"A person with the role {role.value} is of {belongs}.", role=role.value)
    mail_address = intake.text(email, field="e-mail", longest=LONGEST_EMAIL, required=True).lower()
    try:
        validate_email(mail_address)
    except ValidationError as error:
        raise Refusal("invalid_text", f"{intake.shown(email)} is no e-mail address.", field="e-mail") from error
    checked_name = intake.text(name, field="name", longest=200, required=True)

    def work() -> User:
        try:
            with transaction.atomic():
                user = User.objects.create_user(mail_address, name=checked_name, role=role, client=client)
        except IntegrityError as error:
            raise Refusal("user_exists", f"{mail_address} is somebody's already.", email=mail_address) from error
        log(What.PERSON_INVITED, actor=actor, at=at, address=address, person=user, role=role.value)
        return user

    return one_transaction(work)
