"""Who may come in: e-mail and password, and how often somebody may guess."""

from django.contrib.auth import authenticate

from reship.clients.attempts import claim, give_back
from reship.clients.models import User
from reship.errors import Refusal

MOST_FAILURES_FROM_ONE_PLACE = 10
MOST_FAILURES_OF_ONE_EMAIL = 50


def sign_in(email: str, password: str, *, address: str) -> User:
    """The person with this e-mail and password; `address` is the network address they come from.

    Refuses `wrong_credentials`, in the same words whether the e-mail is known or not, and `too_many_attempts` after 10
    failures of an e-mail from one address, or 50 from anywhere, within 15 minutes.
    """
    email = email.strip().lower()
    claimed = claim(
        (f"sign-in {email} {address}", MOST_FAILURES_FROM_ONE_PLACE),
        (f"sign-in {email}", MOST_FAILURES_OF_ONE_EMAIL),
        advice="ask for a new invitation",
    )
    user = authenticate(username=email, password=password)
    if user is None:
        raise Refusal("wrong_credentials", "The e-mail or the password is wrong.")
    assert isinstance(user, User)
    give_back(claimed)
    return user
