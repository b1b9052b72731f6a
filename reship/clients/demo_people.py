"""The people of a demo, who may be signed in as without a password."""

from reship.clients.models import User
from reship.clients.roles import Role

DEMO_DOMAIN = "@demo.example"
_SHOWN_IN_ORDER = (Role.AGENT, Role.MANAGER, Role.VIEWER, Role.PACKER, Role.OPERATOR, Role.ADMIN)


def demo_people() -> list[User]:
    """Everybody whose e-mail marks them as of the demo: merchants' people first, in the order of their roles."""
    people = User.objects.filter(email__endswith=DEMO_DOMAIN, is_active=True).select_related("client")
    return sorted(
        people,
        key=lambda user: (user.client_id is None, user.client_id or 0, _SHOWN_IN_ORDER.index(Role(user.role)), user.pk),
    )
