"""What makes a retried request harmless."""

from django.db import models
from django.db.models import Q

from reship.database.tenancy import Tenant, tenant_constraints


class RequestKey(Tenant):
    """A request that was answered: written in the transaction of its effect, and replayed for ever after.

    A long answer is kept until `kept_until`; then what is left of it says what was made, and the key stays taken.
    """

    key = models.CharField(max_length=200)
    input_hash = models.CharField(max_length=64)
    answer = models.TextField(blank=True)
    made_at = models.DateTimeField()
    kept_until = models.DateTimeField(null=True)

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("requestkey"),
            models.UniqueConstraint(fields=["client", "key"], name="requestkey_client_key"),
        ]
        indexes = [
            models.Index(
                fields=["client", "kept_until"], name="requestkey_kept", condition=Q(kept_until__isnull=False)
            ),
        ]
