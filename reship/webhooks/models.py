"""Who is told, what is told them, and how it went."""

from django.db import models
from django.db.models import Q

from reship.database.tenancy import Tenant, TenantForeignKey, tenant_constraints
from reship.orders.models import Order


class DeliveryState(models.TextChoices):
    """A PENDING delivery is tried again until it is DELIVERED, or GIVEN_UP after the last time of the schedule."""

    PENDING = "PENDING", "Pending"
    DELIVERED = "DELIVERED", "Delivered"
    GIVEN_UP = "GIVEN_UP", "Given up"


class WebhookEndpoint(Tenant):
    """An address that is told what happens to the client's orders; `event_types` are those it wants, none means all.

    The secrets are sealed. Until `old_secret_until` the one before signs as well. `failing_since` is the first failure
    since anything last arrived. What is disabled is told nothing; a removed endpoint is kept for its log.
    """

    reference = models.CharField(max_length=40)
    url = models.CharField(max_length=2_000)
    description = models.CharField(max_length=200, blank=True)
    event_types = models.JSONField(default=list)
    secret = models.TextField()
    old_secret = models.TextField(blank=True)
    old_secret_until = models.DateTimeField(null=True)
    made_by = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    failing_since = models.DateTimeField(null=True)
    disabled_at = models.DateTimeField(null=True)
    disabled_why = models.CharField(max_length=300, blank=True)
    removed_at = models.DateTimeField(null=True)

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("webhookendpoint"),
            models.UniqueConstraint(fields=["client", "reference"], name="webhookendpoint_reference"),
        ]

    def __str__(self) -> str:
        return self.url

    @property
    def is_enabled(self) -> bool:
        return self.disabled_at is None and self.removed_at is None


class WebhookMessage(Tenant):
    """What is told of one event, word for word and for ever: who gets it twice gets the same. Without order: a test.

    `reference` is the `webhook-id`; `body` is the JSON that is signed and sent.
    """

    reference = models.CharField(max_length=40)
    order = TenantForeignKey(Order, null=True)
    sequence = models.IntegerField(null=True)
    part = models.IntegerField(default=0)
    type = models.CharField(max_length=30)
    body = models.TextField()
    at = models.DateTimeField()

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("webhookmessage", "order"),
            models.UniqueConstraint(fields=["client", "reference"], name="webhookmessage_reference"),
            models.UniqueConstraint(fields=["client", "order", "sequence", "part"], name="webhookmessage_once"),
        ]


class WebhookDelivery(Tenant):
    """One message on its way to one endpoint.

    Of the pending deliveries of one order to one endpoint only the first has a `next_at`: the others wait behind it,
    so that everybody hears an order's story in its order. Whoever sends moves `next_at` on and writes a `lease`:
    when they die, it is due again by itself. `tries` count since it was last sent on its way, `attempts` all of them.
    """

    endpoint = TenantForeignKey(WebhookEndpoint)
    message = TenantForeignKey(WebhookMessage)
    order = TenantForeignKey(Order, null=True)
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.PENDING)
    made_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    lease = models.CharField(max_length=32, blank=True)
    tries = models.IntegerField(default=0)
    attempts = models.IntegerField(default=0)
    last_status = models.IntegerField(default=0)
    last_failure = models.CharField(max_length=300, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("webhookdelivery", "endpoint", "message", "order"),
            models.UniqueConstraint(fields=["client", "endpoint", "message"], name="webhookdelivery_once"),
        ]
        indexes = [
            models.Index(
                fields=["client", "endpoint", "next_at"],
                name="webhookdelivery_due",
                condition=Q(next_at__isnull=False),
            ),
            models.Index(
                fields=["client", "endpoint", "order", "id"],
                name="webhookdelivery_pending",
                condition=Q(state="PENDING"),
            ),
            models.Index(fields=["client", "-made_at", "-id"], name="webhookdelivery_list"),
            models.Index(fields=["client", "endpoint", "state", "-made_at", "-id"], name="webhookdelivery_of_endpoint"),
            models.Index(fields=["client", "message"], name="webhookdelivery_message"),
        ]


class WebhookAttempt(Tenant):
    """One request to an endpoint and its answer. `status` is 0 when none came, and `failure` says why."""

    delivery = TenantForeignKey(WebhookDelivery)
    number = models.IntegerField()
    at = models.DateTimeField()
    url = models.CharField(max_length=2_000)
    signature = models.CharField(max_length=300)
    status = models.IntegerField(default=0)
    failure = models.CharField(max_length=300, blank=True)
    answer = models.TextField(blank=True)
    milliseconds = models.IntegerField()

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("webhookattempt", "delivery"),
            models.UniqueConstraint(fields=["client", "delivery", "number"], name="webhookattempt_number"),
        ]
