"""`reship reset-two-step EMAIL`: for somebody who lost the phone, and for the last administrator who did."""

from typing import Any

from django.core.management.base import CommandParser

from reship.cli.command import ReshipCommand
from reship.cli.people import acting, add_as, now
from reship.clients.directory import active_user
from reship.clients.two_step import reset_two_step


class Command(ReshipCommand):
    help = "Turns a person's two-step sign-in off: they sign in with the password alone, and may set it up anew."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL")
        add_as(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        user = active_user(options["email"])
        reset_two_step(user, actor=acting(options["acting_email"]), at=now(), address="")
        self.answer({"email": user.email}, f"{user.name} <{user.email}> signs in with the password alone.")
