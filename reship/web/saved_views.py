"""Saved views: keeping, renaming and forgetting a person's named filters of Manage Orders.

They are the portal's own, so no verb is asked. Each deed holds the person's row, so that two tabs of a browser cannot
pass a limit together.
"""

from django.db.models import Max

from reship import intake
from reship.clients.models import User
from reship.database.retry import one_transaction
from reship.database.search import folded_words
from reship.errors import Refusal
from reship.web.models import SavedView

MOST_VIEWS = 20
LONGEST_NAME = 40


def views_of(user: User) -> list[SavedView]:
    """In the order in which they were made."""
    return list(SavedView.objects.filter(user=user).order_by("position"))


def view_of(user: User, name: str) -> SavedView:
    """Refuses `view_not_found`; another person's view looks the same."""
    return _named(name, views_of(user))


def save_view(user: User, *, name: str, query: str) -> SavedView:
    """Keeps a filter that the list has understood. Refuses `invalid_text`, `too_many_views`, `view_exists`."""
    name = _clean(name)

    def work() -> SavedView:
        own = _locked(user)
        if len(own) >= MOST_VIEWS:
            raise Refusal(
                "too_many_views", f"You have {len(own)} saved views; delete one to save another.", largest=MOST_VIEWS
            )
        _refuse_taken(name, own)
        last = SavedView.objects.filter(user=user).aggregate(last=Max("position"))["last"] or 0
        return SavedView.objects.create(user=user, position=last + 1, name=name, folded_name=_folded(name), query=query)

    return one_transaction(work)


def rename_view(user: User, view: str, *, name: str) -> SavedView:
    """Refuses `view_not_found`, `invalid_text`, `view_exists`."""
    name = _clean(name)

    def work() -> SavedView:
        own = _locked(user)
        saved = _named(view, own)
        _refuse_taken(name, [other for other in own if other != saved])
        saved.name, saved.folded_name = name, _folded(name)
        saved.save(update_fields=["name", "folded_name"])
        return saved

    return one_transaction(work)


def delete_view(user: User, view: str) -> None:
    """Refuses `view_not_found`."""
    one_transaction(lambda: _named(view, _locked(user)).delete())


def _locked(user: User) -> list[SavedView]:
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    return views_of(user)


def _named(view: str, own: list[SavedView]) -> SavedView:
    for saved in own:
        if saved.name == view:
            return saved
    raise Refusal("view_not_found", f"You have no saved view {intake.shown(view)}.", view=intake.shown(view))


def _refuse_taken(name: str, own: list[SavedView]) -> None:
    for saved in own:
        if saved.folded_name == _folded(name):
            raise Refusal("view_exists", f"You have a view “{saved.name}” already.", view=saved.name)


def _clean(name: str) -> str:
    return intake.text(name, field="name", longest=LONGEST_NAME, required=True)


def _folded(name: str) -> str:
    return " ".join(folded_words(name))
