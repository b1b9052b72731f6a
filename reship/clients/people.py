"""People: who may change whom, and what becomes of their access. Everything is logged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q

from reship import intake
from reship.clients.access import Actor, not_allowed, require
from reship.clients.account_log import What, changes_between, log
from reship.clients.invitations import invitation_path
from reship.clients.models import SecondStep, User
from reship.clients.roles import CLIENT_ROLES, COMPANY_ROLES, Right, Role
from reship.clients.sessions import end_sessions
from reship.database.retry import one_transaction
from reship.errors import Refusal


@dataclass(frozen=True, slots=True)
class Listed:
    """A person in a list; `has_two_step` says whether the sign-in asks them for a code."""

    person: User
    has_two_step: bool


def find_people(*, client_ids: Sequence[int] | None, limit: int) -> list[Listed]:
    """People of these clients, or of all and of the company when None; active ones first, then by client and name.

    One statement; each person has the client at hand.
    """
    on = SecondStep.objects.filter(user_id=OuterRef("pk"), turned_on_at__isnull=False)
    people = User.objects.select_related("client").annotate(has_two_step=Exists(on))
    if client_ids is not None:
        people = people.filter(client_id__in=sorted(client_ids))
    by_client = F("client__code").asc(nulls_first=True)
    found = people.order_by("-is_active", by_client, "name", "pk")[:limit]
    return [Listed(person, person.has_two_step) for person in found]


def person_seen_by(actor: Actor, email: str) -> User:
    """The person with this e-mail. Refuses `user_not_found`, also for another client's, or the company's own."""
    known = User.objects.select_related("client") if intake.can_be_stored(email) else User.objects.none()
    person = known.filter(email=email).first()
    if person is None or not (actor.is_of_company or person.client_id == actor.client_id):
        raise Refusal("user_not_found", f"There is nobody with the e-mail {intake.shown(email)}.", email=email)
    return person


def why_not_managed(actor: Actor, person: User) -> Refusal | None:
    """Why an actor may not change a person whom they see; None when they may."""
    needed = Right.SETTINGS if person.client_id is None else Right.PEOPLE
    return None if actor.may(needed) else not_allowed(actor, needed)


def roles_beside(person: User) -> list[Role]:
    """The roles that a person may have: those of a client's people, or those of the company's."""
    of_kind = COMPANY_ROLES if person.client_id is None else CLIENT_ROLES
    return [role for role in Role if role in of_kind]


def change_person(email: str, *, name: str, role: str, actor: Actor, at: datetime, address: str) -> User:
    """Another name or role; it holds from the person's next request.

    Refuses `user_not_found`, `not_allowed`, `invalid_text`, `role_does_not_fit`, `last_admin`.
    """
    checked = intake.text(name, field="name", longest=200, required=True)

    def work() -> User:
        person = _locked(email, actor)
        if role not in roles_beside(person):
            of = "a client's people" if person.client_id else "the fulfilment company's people"
            raise Refusal("role_does_not_fit", f"{intake.shown(role)} is no role of {of}.", role=intake.shown(role))
        if role != Role.ADMIN:
            _refuse_without_admin(person)
        before = {"name": person.name, "role": person.role}
        person.name, person.role = checked, role
        changes = changes_between(before, {"name": person.name, "role": person.role})
        if changes:
            person.save(update_fields=["name", "role"])
            log(What.PERSON_CHANGED, actor=actor, at=at, address=address, person=person, changes=changes)
        return person

    return one_transaction(work)


def deactivate_person(email: str, *, actor: Actor, at: datetime, address: str) -> User:
    """Nobody from the next request on, and signed out everywhere; their deeds and their name stay.

    Refuses `user_not_found`, `not_allowed`, `last_admin`. Whoever is not active already stays so.
    """

    def work() -> User:
        person = _locked(email, actor)
        _refuse_without_admin(person)
        if person.is_active:
            person.is_active = False
            person.save(update_fields=["is_active"])
            ended = end_sessions(person)
            log(What.PERSON_DEACTIVATED, actor=actor, at=at, address=address, person=person, ended=ended)
        return person

    return one_transaction(work)


def reactivate_person(email: str, *, actor: Actor, at: datetime, address: str) -> User:
    """Refuses `user_not_found`, `not_allowed`."""

    def work() -> User:
        person = _locked(email, actor)
        if not person.is_active:
            person.is_active = True
            person.save(update_fields=["is_active"])
            log(What.PERSON_REACTIVATED, actor=actor, at=at, address=address, person=person)
        return person

    return one_transaction(work)


def invite_again(email: str, *, actor: Actor, at: datetime, address: str) -> str:
    """The path of a new invitation link, for a forgotten password; the old password is good until another is chosen.

    Refuses `user_not_found`, `not_allowed`, and `person_inactive`.
    """

    def work() -> str:
        person = _locked(email, actor)
        if not person.is_active:
            raise Refusal("person_inactive", f"{person.name} is deactivated. Reactivate them first.")
        log(What.LINK_MADE, actor=actor, at=at, address=address, person=person)
        return invitation_path(person)

    return one_transaction(work)


def _locked(email: str, actor: Actor) -> User:
    """The person, locked; with all administrators, when one of them is meant, so that not two of them leave at once."""
    require(actor, Right.PEOPLE)
    seen = person_seen_by(actor, email)
    if refusal := why_not_managed(actor, seen):
        raise refusal
    wanted = Q(pk=seen.pk) | Q(role=Role.ADMIN) if seen.role == Role.ADMIN else Q(pk=seen.pk)
    locked = list(User.objects.select_for_update(no_key=True).filter(wanted).order_by("pk"))
    person = next(one for one in locked if one.pk == seen.pk)
    person.client = seen.client
    return person


def _refuse_without_admin(person: User) -> None:
    """Refuses `last_admin` when nobody else could change settings after this person is gone."""
    if person.role != Role.ADMIN or not person.is_active:
        return
    others = User.objects.filter(role=Role.ADMIN, is_active=True).exclude(pk=person.pk)
    if not others.exists():
        raise Refusal(
            "last_admin",
            f"{person.name} is the only active administrator. Make somebody else one first.",
            email=person.email,
        )
