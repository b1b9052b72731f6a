"""Shops from which orders come in, what each of them said, and the tracking that goes back."""

from django.db import models
from django.db.models import Q

from reship.catalog.models import Warehouse
from reship.clients.models import User
from reship.database.tenancy import Tenant, TenantForeignKey, tenant_constraints
from reship.orders.models import Order, Shipment


class ShopKind(models.TextChoices):
    SHOPIFY = "shopify", "Shopify"
    WOOCOMMERCE = "woocommerce", "WooCommerce"


class ShopState(models.TextChoices):
    """A BROKEN shop refused our credentials and is not asked again; its webhooks are still taken."""

    CONNECTED = "CONNECTED", "Connected"
    PAUSED = "PAUSED", "Paused"
    BROKEN = "BROKEN", "Broken"
    DISCONNECTED = "DISCONNECTED", "Disconnected"


class Outcome(models.TextChoices):
    """What came of something that a shop said. LEFT_OUT is no order for us, or not yet."""

    PLACED = "PLACED", "Placed"
    EDITED = "EDITED", "Edited"
    CANCELLED = "CANCELLED", "Cancelled"
    NOTHING = "NOTHING", "Nothing to do"
    LEFT_OUT = "LEFT_OUT", "Left out"
    REFUSED = "REFUSED", "Refused"


class TrackingState(models.TextChoices):
    PENDING = "PENDING", "To be sent"
    SENT = "SENT", "Sent"
    REFUSED = "REFUSED", "Refused"


class Shop(Tenant):
    """A shop of the client. `credentials` and `webhook_secret` are sealed; a disconnected shop has none.

    `public_id` stands in the address that its webhooks are sent to. Orders go to `warehouse`, or to the house's
    default; `methods` says what the shop's shipping methods are called here, `method` what all others are. `why` tells
    of a broken one. Orders that changed since `synced_until` are asked for; while that takes several pages, `cursor` is
    where it goes on and `sync_began_at` when it began. `polls_at` is when a worker asks next. Reships up to
    `looked_at` were looked through for tracking to send.
    """

    kind = models.CharField(max_length=12, choices=ShopKind)
    name = models.CharField(max_length=100)
    address = models.CharField(max_length=200)
    public_id = models.CharField(max_length=60)
    credentials = models.TextField(blank=True)
    webhook_secret = models.TextField(blank=True)
    warehouse = models.ForeignKey(Warehouse, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    number_prefix = models.CharField(max_length=20, blank=True)
    method = models.CharField(max_length=60, blank=True)
    methods = models.JSONField(default=dict)
    paid_only = models.BooleanField(default=True)
    state = models.CharField(max_length=12, choices=ShopState, default=ShopState.CONNECTED)
    state_since = models.DateTimeField()
    why = models.CharField(max_length=300, blank=True)
    connected_at = models.DateTimeField()
    connected_by = models.CharField(max_length=200)
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    synced_until = models.DateTimeField()
    sync_began_at = models.DateTimeField(null=True)
    cursor = models.CharField(max_length=500, blank=True)
    polls_at = models.DateTimeField()
    looked_at = models.DateTimeField()
    tries = models.IntegerField(default=0)

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("shop"),
            models.UniqueConstraint(fields=["client", "public_id"], name="shop_public_id"),
            models.UniqueConstraint(
                fields=["client", "kind", "address"], name="shop_address", condition=~Q(state="DISCONNECTED")
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ShopOrder(Tenant):
    """An order as its shop knows it. Without `order` it is not placed here: `code` and `message` say why.

    `changed_at` is the shop's time of the latest version that was taken; what is older is not taken any more. `said` is
    what that version said of address, method and items. `is_watched` while a parcel of it may still have tracking to
    send; `is_retried` while it is asked for again, because what it was refused for can pass.
    """

    shop = TenantForeignKey(Shop)
    remote_id = models.CharField(max_length=64)
    remote_number = models.CharField(max_length=60, blank=True)
    order = TenantForeignKey(Order, null=True)
    changed_at = models.DateTimeField(null=True)
    said = models.JSONField(default=dict)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    code = models.CharField(max_length=40, blank=True)
    message = models.CharField(max_length=500, blank=True)
    seen_at = models.DateTimeField()
    is_watched = models.BooleanField(default=False)
    is_retried = models.BooleanField(default=False)

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("shoporder", "shop", "order"),
            models.UniqueConstraint(fields=["client", "shop", "remote_id"], name="shoporder_remote_id"),
            models.UniqueConstraint(
                fields=["client", "order"], name="shoporder_order", condition=Q(order__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["client", "shop", "order"], name="shoporder_watched", condition=Q(is_watched=True)),
            models.Index(fields=["client", "shop", "seen_at"], name="shoporder_retried", condition=Q(is_retried=True)),
            models.Index(
                fields=["client", "shop", "outcome"], name="shoporder_unplaced", condition=Q(order__isnull=True)
            ),
        ]


class ShopMessage(Tenant):
    """One thing that a shop said and what came of it: the shop's log. `message_id` is the webhook's, so it counts once.

    What was found by asking, because no webhook came, has an id of ours.
    """

    shop = TenantForeignKey(Shop)
    message_id = models.CharField(max_length=140)
    topic = models.CharField(max_length=60, blank=True)
    remote_number = models.CharField(max_length=60, blank=True)
    order_number = models.CharField(max_length=40, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.NOTHING)
    code = models.CharField(max_length=40, blank=True)
    message = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("shopmessage", "shop"),
            models.UniqueConstraint(fields=["client", "shop", "message_id"], name="shopmessage_once"),
        ]
        indexes = [models.Index(fields=["client", "shop", "-at", "-id"], name="shopmessage_log")]


class ShopTracking(Tenant):
    """The tracking number of a parcel that departed, to be told to the shop: once, and after those that left before it.

    `reference` is what the shop calls what became of it. `carrier` and `tracking_number` are those at departure.
    """

    shop = TenantForeignKey(Shop)
    shop_order = TenantForeignKey(ShopOrder)
    shipment = TenantForeignKey(Shipment)
    departed_at = models.DateTimeField()
    carrier = models.CharField(max_length=60, blank=True)
    tracking_number = models.CharField(max_length=80)
    state = models.CharField(max_length=8, choices=TrackingState, default=TrackingState.PENDING)
    tries = models.IntegerField(default=0)
    next_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    reference = models.CharField(max_length=120, blank=True)
    code = models.CharField(max_length=40, blank=True)
    message = models.CharField(max_length=500, blank=True)

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("shoptracking", "shop", "shop_order", "shipment"),
            models.UniqueConstraint(fields=["client", "shipment"], name="shoptracking_once"),
        ]
        indexes = [
            models.Index(
                fields=["client", "shop", "next_at"], name="shoptracking_pending", condition=Q(state="PENDING")
            ),
            models.Index(fields=["client", "shop_order", "departed_at"], name="shoptracking_order"),
            models.Index(fields=["client", "shop", "-departed_at", "-id"], name="shoptracking_log"),
        ]
