"""Who is at the other end of a session."""

from django.contrib.auth.backends import ModelBackend

from reship.clients.models import User


class EmailAndPassword(ModelBackend):
    """Django's way to check a password; people come with their client, in one query a page.

    A person who is no longer active is nobody from the next request on.
    """

    def get_user(self, user_id: int) -> User | None:
        return User.objects.select_related("client").filter(pk=user_id, is_active=True).first()
