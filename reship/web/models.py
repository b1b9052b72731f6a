"""What the portal itself remembers of a person. Local rows: no client's data refers to them."""

from django.db import models

from reship.clients.models import User


class SavedView(models.Model):
    """A filter of Manage Orders that a person gave a name; each is a tab of theirs, in the order of making.

    `query` is the list's address after the question mark; `folded_name` tells names apart as people do.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    position = models.IntegerField()
    name = models.CharField(max_length=40)
    folded_name = models.TextField()
    query = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "position"], name="savedview_position"),
            models.UniqueConstraint(fields=["user", "folded_name"], name="savedview_name"),
        ]

    def __str__(self) -> str:
        return self.name
