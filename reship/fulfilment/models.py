"""What makes a retried request harmless."""

from django.db import models

from reship.database.tenancy import Tenant, tenant_constraints


class RequestKey(Tenant):
    """A request that was answered: written in the transaction of its effect, and replayed for ever after."""

    key = models.CharField(max_length=200)
    input_hash = models.CharField(max_length=64)
    answer = models.TextField(blank=True)
    made_at = models.DateTimeField()

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("requestkey"),
            models.UniqueConstraint(fields=["client", "key"], name="requestkey_client_key"),
        ]
