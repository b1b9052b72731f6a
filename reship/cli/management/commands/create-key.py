"""`reship create-key --client CODE --name N --scopes S`: lets a program in."""

from typing import Any

from django.core.management.base import CommandParser

from reship.cli.command import ReshipCommand
from reship.cli.key_answer import ONCE, made_key_as_json
from reship.cli.order_choice import a_day
from reship.cli.people import acting, add_as, add_client, now
from reship.clients.api_keys import DEFAULT_REQUESTS_A_MINUTE, NewKey, end_of, make_key
from reship.clients.directory import client_by_code
from reship.clients.roles import Role, Scope


class Command(ReshipCommand):
    help = "Makes an API key of a client. Its text is the only line on standard output, and is never shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        add_client(parser)
        parser.add_argument("--name", required=True, help="what the key is for, as history will show it")
        scopes = ", ".join(scope.value for scope in Scope)
        parser.add_argument("--scopes", required=True, metavar="S,S", help=f"with commas between them, of: {scopes}")
        roles = [role.value for role in Role]
        parser.add_argument("--role", choices=roles, default=Role.MANAGER.value, help="default: %(default)s")
        parser.add_argument("--expires", type=a_day, metavar="DATE", help="its last day, in the client's zone")
        limit = "how often it may ask (default: %(default)s)"
        parser.add_argument("--requests-a-minute", type=int, default=DEFAULT_REQUESTS_A_MINUTE, metavar="N", help=limit)
        add_as(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        client, at = client_by_code(options["client"]), now()
        new = NewKey(
            options["name"],
            [scope.strip() for scope in options["scopes"].split(",")],
            role=options["role"],
            expires_at=end_of(options["expires"], client) if options["expires"] else None,
            requests_a_minute=options["requests_a_minute"],
        )
        made = make_key(new, client=client, actor=acting(options["acting_email"]), at=at, address="")
        self.answer(made_key_as_json(made, at=at), made.text)
        if not self.as_json:
            self.stderr.write(f"Made the key {made.key.name} ({made.key.prefix}) of {client.code}. {ONCE}", str)
