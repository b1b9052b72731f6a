"""`reship invite EMAIL`: a new person, who chooses a password behind a link."""

from typing import Any

from django.core.management.base import CommandParser

from reship.cli.command import ReshipCommand
from reship.cli.people import acting, add_client, now
from reship.clients.directory import client_by_code
from reship.clients.invitations import invitation_path
from reship.clients.new_user import create_user
from reship.clients.roles import CLIENT_ROLES, COMPANY_ROLES, Role


class Command(ReshipCommand):
    help = "Lets a person in: prints the path where they choose their password, which works once, for a week."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL")
        add_client(parser, required=False)
        roles = [role.value for role in Role]
        people = f"of a client: {_listed(CLIENT_ROLES)}; of the fulfilment company: {_listed(COMPANY_ROLES)}"
        parser.add_argument("--role", required=True, choices=roles, help=people)
        parser.add_argument("--name", required=True, help="as history will show them")

    def handle(self, *args: Any, **options: Any) -> None:
        client = client_by_code(options["client"]) if options["client"] else None
        user = create_user(
            options["email"],
            name=options["name"],
            role=Role(options["role"]),
            client=client,
            actor=acting(None),
            at=now(),
        )
        path = invitation_path(user)
        data = {
            "email": user.email,
            "name": user.name,
            "role": user.role,
            "client": client.code if client else None,
            "path": path,
        }
        self.answer(data, f"{user.name} <{user.email}> chooses a password at {path} on the portal's address.")


def _listed(roles: frozenset[Role]) -> str:
    return ", ".join(role.value for role in Role if role in roles)
