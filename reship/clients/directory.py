"""Finding clients and people by the names that people give them."""

from reship import intake
from reship.clients.models import Client, User
from reship.errors import Refusal

_MOST_NAMED = 20


def client_by_code(code: str) -> Client:
    """Refuses `client_not_found`."""
    client = Client.objects.filter(code=code).first() if intake.can_be_stored(code) else None
    if client is None:
        raise Refusal("client_not_found", f"There is no client {intake.shown(code)}.", client=code)
    return client


def naming_the_clients(refusal: Refusal) -> Refusal:
    """`client_not_found` with the codes that there are, at most twenty: only for whoever runs the installation."""
    known = list(Client.objects.order_by("code").values_list("code", flat=True)[:_MOST_NAMED])
    asked = str(refusal.figures["client"])
    if not known:
        return refusal
    shown, codes = intake.shown(asked), ", ".join(known)
    return Refusal("client_not_found", f"There is no client {shown}. There are: {codes}.", client=asked, known=known)


def active_user(email: str) -> User:
    """Who logs in with this e-mail. Refuses `user_not_found`, also for somebody who may not log in any more."""
    wanted = email.strip().lower()
    known = User.objects.select_related("client").filter(is_active=True)
    user = known.filter(email=wanted).first() if intake.can_be_stored(wanted) else None
    if user is None:
        raise Refusal("user_not_found", f"Nobody logs in as {intake.shown(email)}.", email=email)
    return user
