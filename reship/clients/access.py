"""The actor of a deed, and the question whether it may be done."""

from dataclasses import dataclass
from typing import Self

from reship.clients.models import Client, User
from reship.clients.roles import COMPANY_ROLES, DEEDS, RIGHTS, Right, Role, roles_with, scope_of
from reship.errors import Refusal


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does a deed: a person, or a program acting for the fulfilment company.

    `name` is what history shows; `client_id` is None for whoever sees all clients: the fulfilment company's own people.
    `job` is the number of the job through which they act, if they do. What acts with an API key has the rights `within`
    which that key keeps its role, and is bound to one client, also with a role of the company.
    """

    name: str
    role: Role
    user_id: int | None = None
    client_id: int | None = None
    job: int | None = None
    within: frozenset[Right] | None = None
    api_key_id: int | None = None

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(name=user.name, role=Role(user.role), user_id=user.pk, client_id=user.client_id)

    @classmethod
    def program(cls, name: str) -> Self:
        """A program that the operator of the installation runs, such as the command line."""
        return cls(name=name, role=Role.ADMIN)

    @property
    def is_of_company(self) -> bool:
        return self.role in COMPANY_ROLES

    def may(self, right: Right) -> bool:
        return right in RIGHTS[self.role] and (self.within is None or right in self.within)

    def sees(self, client_id: int) -> bool:
        return self.client_id is None or self.client_id == client_id

    def may_add_back(self, client: Client) -> bool:
        """The client's people may add back when their role and the client's policy say so; the operator always may."""
        return self.may(Right.ADD_BACK) and (self.is_of_company or client.may_add_back)

    def must_give_reason(self, client: Client) -> bool:
        """The policy binds the client's people; the fulfilment company's own and its programs answer for themselves."""
        return client.reason_required and not self.is_of_company


def require(actor: Actor, right: Right) -> None:
    """Refuses `not_allowed`, naming the right and the actor's role."""
    if not actor.may(right):
        raise not_allowed(actor, right)


def not_allowed(actor: Actor, right: Right) -> Refusal:
    """Says what it is that the role does not include, and whose does; or that a key's scopes do not include it."""
    if actor.within is not None and right in RIGHTS[actor.role] and right not in actor.within:
        return _out_of_scope(actor, right)
    whose = roles_with(right, beside=actor.role)
    others = " or ".join(f"{'an' if role[0] in 'aeiou' else 'a'} {role}" for role in whose)
    return Refusal(
        "not_allowed",
        f"{actor.name} ({actor.role}) may not {DEEDS[right]}; {others or 'only the fulfilment company'} may.",
        right=right.value,
        role=actor.role.value,
    )


def _out_of_scope(actor: Actor, right: Right) -> Refusal:
    scope = scope_of(right)
    needed = f"it needs the scope {scope}, and a maker who may" if scope else "no key may"
    return Refusal(
        "not_allowed",
        f"{actor.name} may not {DEEDS[right]}: {needed}.",
        right=right.value,
        role=actor.role.value,
        scope=scope.value if scope else "",
    )
