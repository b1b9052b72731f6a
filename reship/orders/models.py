"""DOCUMENTS: what the customer bought, which parcels carry it, what stops them, and what happened."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from reship.catalog.models import Product, Warehouse
from reship.clients.models import User
from reship.clients.reasons import Fault
from reship.database.bytewise import BytewiseCharField
from reship.database.tenancy import IsWhole, Tenant, TenantForeignKey, tenant_constraints
from reship.orders.addresses import Addressed


class OrderStatus(models.TextChoices):
    AWAITING = "AWAITING", "Awaiting"
    ON_HOLD = "ON_HOLD", "On hold"
    FULFILLED = "FULFILLED", "Fulfilled"
    RESHIPPING = "RESHIPPING", "Reshipping"
    CANCELLED = "CANCELLED", "Cancelled"


class ShipmentStatus(models.TextChoices):
    OPEN = "OPEN", "Open"
    PICKING = "PICKING", "Picking"
    PACKED = "PACKED", "Packed"
    DEPARTED = "DEPARTED", "Departed"
    DELIVERED = "DELIVERED", "Delivered"
    LOST = "LOST", "Lost"
    RETURNED = "RETURNED", "Returned"
    CANCELLED = "CANCELLED", "Cancelled"


IN_THE_BUILDING = frozenset({ShipmentStatus.OPEN, ShipmentStatus.PICKING, ShipmentStatus.PACKED})


class Departure(models.TextChoices):
    """How we know that the parcel left; add-back rests on it, so the operator can answer for it."""

    MANIFEST = "MANIFEST", "manifest scan"
    CARRIER = "CARRIER", "carrier's first scan"
    HAND = "HAND", "recorded by hand"


class HoldKind(models.TextChoices):
    OPERATOR = "OPERATOR", "Operator Hold"
    CLIENT = "CLIENT", "Client hold"
    ADDRESS = "ADDRESS", "Address hold"
    PAYMENT = "PAYMENT", "Payment hold"
    FRAUD = "FRAUD", "Fraud hold"


class EventType(models.TextChoices):
    """The kinds of lines in an order's history. Past tense: they happened."""

    ORDER_PLACED = "order.placed"
    ORDER_COPIED = "order.copied"
    RESHIPPED = "order.reshipped"
    RESHIPMENT_CANCELLED = "reshipment.cancelled"
    SHIPMENT_EDITED = "shipment.edited"
    SHIPMENT_CANCELLED = "shipment.cancelled"
    SHIPMENT_PICKING = "shipment.picking"
    SHIPMENT_PACKED = "shipment.packed"
    SHIPMENT_DEPARTED = "shipment.departed"
    SHIPMENT_DELIVERED = "shipment.delivered"
    SHIPMENT_LOST = "shipment.lost"
    SHIPMENT_RETURNED = "shipment.returned"
    SHIPMENT_RESTOCKED = "shipment.restocked"
    SHIPMENT_ALLOCATED = "shipment.allocated"
    SHIPMENT_TAKEN_OVER = "shipment.taken_over"
    SHIPMENT_PULLED = "shipment.pulled"
    SHIPMENT_TRACKED = "shipment.tracked"
    LABEL_BOUGHT = "label.bought"
    LABEL_VOIDED = "label.voided"
    QUESTION_ASKED = "question.asked"
    QUESTION_ANSWERED = "question.answered"
    EVIDENCE_ADDED = "evidence.added"
    HOLD_ADDED = "order.hold.added"
    HOLD_LIFTED = "order.hold.lifted"


class Order(Addressed, Tenant):
    """What a customer bought. The counters beside the status move only under the order's lock."""

    number = BytewiseCharField(max_length=40)
    status = models.CharField(max_length=12, choices=OrderStatus, default=OrderStatus.AWAITING)
    customer_name = models.CharField(max_length=200)
    customer_email = models.CharField(max_length=254, blank=True)
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=60, blank=True)
    placed_at = models.DateTimeField()
    shipments_made = models.IntegerField(default=0)
    reshipments_made = models.IntegerField(default=0)
    events_written = models.IntegerField(default=0)
    copied_from = TenantForeignKey("self", null=True)

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("order", "copied_from"),
            models.UniqueConstraint(fields=["client", "number"], name="order_client_number"),
        ]
        indexes = [
            models.Index(fields=["client", "-placed_at", "-id"], name="order_list"),
            models.Index(fields=["client", "status", "-placed_at", "-id"], name="order_list_by_status"),
            models.Index(fields=["client", "copied_from"], name="order_copies", condition=Q(copied_from__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.number


class CustomerText(Tenant):
    """What a search for a customer reads: the words of an order's customer name and e-mail address, folded.

    `database/search.py` tells its form and keeps its index. Beside the order and not on it, because every reship
    updates the order's row, and with it each of the row's indexes. Written once, with the order.
    """

    order = TenantForeignKey(Order)
    text = models.TextField()

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("customertext", "order"),
            models.UniqueConstraint(fields=["client", "order"], name="customertext_once"),
        ]


class NumberCounter(Tenant):
    """The next numbers for an order that brings none, a job, a pick batch and a manifest; one row per client."""

    next_order = models.BigIntegerField(default=1001)
    next_job = models.IntegerField(default=1)
    next_batch = models.IntegerField(default=1)
    next_manifest = models.IntegerField(default=1)

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("numbercounter"),
            models.UniqueConstraint(fields=["client"], name="numbercounter_client"),
        ]


class OrderLine(Tenant):
    """One thing of an order, with the price it was sold for. The SKU is kept as it was called that day."""

    order = TenantForeignKey(Order)
    position = models.IntegerField()
    product = TenantForeignKey(Product)
    sku = models.CharField(max_length=60)
    description = models.CharField(max_length=300, blank=True)
    quantity = models.IntegerField()
    unit_price = models.DecimalField(max_digits=14, decimal_places=4, default=0)

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("orderline", "order", "product"),
            models.UniqueConstraint(fields=["client", "order", "position"], name="orderline_position"),
            models.CheckConstraint(
                name="orderline_quantity",
                condition=IsWhole("quantity") & Q(quantity__gte=1, quantity__lte=1_000_000),
            ),
        ]
        indexes = [models.Index(fields=["client", "sku", "order"], name="orderline_sku")]


class Shipment(Addressed, Tenant):
    """One parcel's worth of an order. A reshipment is a shipment that a Reshipment record tells about.

    `waits_for_stock` while units of it are not allocated yet: LineUsage says how many.
    """

    order = TenantForeignKey(Order)
    number = models.CharField(max_length=60)
    status = models.CharField(max_length=10, choices=ShipmentStatus, default=ShipmentStatus.OPEN)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="+", db_index=False)
    method = models.CharField(max_length=60, blank=True)
    edition = models.IntegerField(default=1)
    waits_for_stock = models.BooleanField(default=False)
    carrier = models.CharField(max_length=60, blank=True)
    tracking_number = models.CharField(max_length=80, blank=True)
    departure = models.CharField(max_length=10, choices=Departure, blank=True)
    picked_by = models.CharField(max_length=200, blank=True)
    picker = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    opened_at = models.DateTimeField()
    picking_at = models.DateTimeField(null=True)
    packed_at = models.DateTimeField(null=True)
    departed_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    lost_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("shipment", "order"),
            models.UniqueConstraint(fields=["client", "number"], name="shipment_client_number"),
        ]
        indexes = [
            # The latest shipment of an order is its last entry, however often it was sent again.
            models.Index(fields=["client", "order", "opened_at", "id"], name="shipment_order"),
            models.Index(
                fields=["client", "tracking_number"],
                name="shipment_tracking",
                condition=~Q(tracking_number=""),
            ),
            models.Index(
                fields=["client", "status", "opened_at"],
                name="shipment_to_go",
                condition=Q(status__in=["OPEN", "PICKING", "PACKED"]),
            ),
            models.Index(
                fields=["client", "returned_at", "id"],
                name="shipment_returned",
                condition=Q(status="RETURNED"),
            ),
            models.Index(
                fields=["client", "opened_at", "id"],
                name="shipment_waiting",
                condition=Q(waits_for_stock=True),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def has_left_warehouse(self) -> bool:
        return self.departed_at is not None

    @property
    def is_in_the_building(self) -> bool:
        return self.status in IN_THE_BUILDING

    @property
    def status_since(self) -> datetime:
        """When it came into the status it has."""
        times = {
            ShipmentStatus.OPEN: self.opened_at,
            ShipmentStatus.PICKING: self.picking_at,
            ShipmentStatus.PACKED: self.packed_at,
            ShipmentStatus.DEPARTED: self.departed_at,
            ShipmentStatus.DELIVERED: self.delivered_at,
            ShipmentStatus.LOST: self.lost_at,
            ShipmentStatus.RETURNED: self.returned_at,
            ShipmentStatus.CANCELLED: self.cancelled_at,
        }
        since = times[ShipmentStatus(self.status)]
        assert since is not None, f"{self.number} is {self.status} but has no time for it"
        return since


class ShipmentLine(Tenant):
    """Units of one product in a shipment. Never deleted: an edit that takes it out leaves a quantity of 0."""

    shipment = TenantForeignKey(Shipment)
    position = models.IntegerField()
    order_line = TenantForeignKey(OrderLine, null=True)
    product = TenantForeignKey(Product)
    sku = models.CharField(max_length=60)
    quantity = models.IntegerField()

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("shipmentline", "shipment", "order_line", "product"),
            models.UniqueConstraint(fields=["client", "shipment", "position"], name="shipmentline_position"),
            models.UniqueConstraint(fields=["client", "shipment", "product"], name="shipmentline_product"),
            models.CheckConstraint(
                name="shipmentline_quantity",
                condition=IsWhole("quantity") & Q(quantity__gte=0, quantity__lte=1_000_000),
            ),
        ]
        indexes = [
            # Search finds an order by its lines' SKUs, and by those few that stand in none of them.
            models.Index(
                fields=["client", "sku"], name="shipmentline_swapped_in", condition=Q(order_line__isnull=True)
            ),
        ]


class LineUsage(Tenant):
    """What became of a shipment line's units: added back, reshipped, waiting. Beside the line, which stays as it is.

    `quantity` repeats the line's, so that the database itself can refuse to add back more than was sent. Units that
    wait for stock are not allocated yet. There is no row before the first use.
    """

    line = TenantForeignKey(ShipmentLine)
    quantity = models.IntegerField()
    added_back = models.IntegerField(default=0)
    reshipped = models.IntegerField(default=0)
    waiting = models.IntegerField(default=0)

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("lineusage", "line"),
            models.UniqueConstraint(fields=["client", "line"], name="lineusage_line"),
            models.CheckConstraint(
                name="lineusage_added_back",
                condition=IsWhole("added_back") & Q(added_back__gte=0, added_back__lte=models.F("quantity")),
            ),
            models.CheckConstraint(name="lineusage_reshipped", condition=IsWhole("reshipped") & Q(reshipped__gte=0)),
            models.CheckConstraint(
                name="lineusage_waiting",
                condition=IsWhole("waiting")
                & Q(waiting__gte=0, waiting__lte=models.F("quantity") - models.F("added_back")),
            ),
        ]


class Reshipment(Tenant):
    """The record that `shipment` sends items of `source` again: why, with or without add-back, who and when.

    The reason and whose fault it was are those of the client's list on that day; `fee` is what the operator charged for
    a reship then, in the client's currency.
    """

    order = TenantForeignKey(Order)
    source = TenantForeignKey(Shipment)
    shipment = TenantForeignKey(Shipment)
    reason = models.CharField(max_length=40, blank=True)
    reason_label = models.CharField(max_length=100, blank=True)
    fault = models.CharField(max_length=10, choices=[(fault.value, fault.value) for fault in Fault], blank=True)
    fee = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    note = models.CharField(max_length=1000, blank=True)
    added_back = models.BooleanField()
    sent_again_anyway = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.CharField(max_length=200, blank=True)

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("reshipment", "order", "source", "shipment"),
            models.UniqueConstraint(fields=["client", "shipment"], name="reshipment_shipment"),
        ]
        indexes = [
            # The time tells those that still count without a look at their rows.
            models.Index(fields=["client", "order", "cancelled_at"], name="reshipment_order"),
            models.Index(fields=["client", "source"], name="reshipment_source"),
            models.Index(fields=["client", "made_at"], name="reshipment_made"),
        ]


class ReshipmentLine(Tenant):
    """How many units of a source line a reshipment sends again, and how many of them it added back."""

    reshipment = TenantForeignKey(Reshipment)
    source_line = TenantForeignKey(ShipmentLine)
    line = TenantForeignKey(ShipmentLine)
    quantity = models.IntegerField()
    added_back = models.IntegerField(default=0)

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("reshipmentline", "reshipment", "source_line", "line"),
            models.UniqueConstraint(fields=["client", "reshipment", "source_line"], name="reshipmentline_source"),
            models.CheckConstraint(name="reshipmentline_quantity", condition=IsWhole("quantity") & Q(quantity__gte=0)),
            models.CheckConstraint(
                name="reshipmentline_added_back", condition=IsWhole("added_back") & Q(added_back__gte=0)
            ),
        ]


class EvidencePhoto(Tenant):
    """A picture of what went wrong, kept with the reshipment: a JPEG without the camera's notes."""

    reshipment = TenantForeignKey(Reshipment)
    position = models.IntegerField()
    name = models.CharField(max_length=200)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    added_by = models.CharField(max_length=200)
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    added_at = models.DateTimeField()

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("evidencephoto", "reshipment"),
            models.UniqueConstraint(fields=["client", "reshipment", "position"], name="evidencephoto_position"),
            models.UniqueConstraint(fields=["client", "reshipment", "sha256"], name="evidencephoto_once"),
            models.CheckConstraint(
                name="evidencephoto_number", condition=IsWhole("position") & Q(position__gte=1, position__lte=5)
            ),
        ]


class Hold(Tenant):
    """Stops the fulfilment of one shipment, or of every shipment of the order that has not departed."""

    order = TenantForeignKey(Order)
    shipment = TenantForeignKey(Shipment, null=True)
    kind = models.CharField(max_length=10, choices=HoldKind)
    note = models.CharField(max_length=1000, blank=True)
    placed_by = models.CharField(max_length=200)
    placed_by_company = models.BooleanField()
    placed_at = models.DateTimeField()
    lifted_by = models.CharField(max_length=200, blank=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("hold", "order", "shipment"),
            models.UniqueConstraint(
                fields=["client", "order", "kind"],
                name="hold_order_once",
                condition=Q(lifted_at__isnull=True, shipment__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["client", "shipment", "kind"],
                name="hold_shipment_once",
                condition=Q(lifted_at__isnull=True, shipment__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["client", "order"], name="hold_order", condition=Q(lifted_at__isnull=True)),
            models.Index(fields=["client", "kind", "order"], name="hold_kind", condition=Q(lifted_at__isnull=True)),
        ]


class OrderEvent(Tenant):
    """One line of an order's history. Written by history.py only; never changed or deleted."""

    order = TenantForeignKey(Order)
    sequence = models.IntegerField()
    type = models.CharField(max_length=30, choices=EventType)
    shipment = TenantForeignKey(Shipment, null=True)
    reshipment = TenantForeignKey(Reshipment, null=True)
    facts = models.JSONField(default=dict)
    actor = models.CharField(max_length=200)
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("orderevent", "order", "shipment", "reshipment"),
            models.UniqueConstraint(fields=["client", "order", "sequence"], name="orderevent_sequence"),
            models.UniqueConstraint(
                fields=["client", "reshipment", "type"],
                name="orderevent_reshipment_once",
                condition=Q(reshipment__isnull=False),
            ),
        ]


class EventToSend(Tenant):
    """An order event that somebody outside waits for, until it is on its way to them.

    Written in the event's transaction, and taken away by whoever delivers it. What is committed late is found late,
    and never missed: nobody has to remember how far in the history they came, which the order of commits would upset.
    """

    order = TenantForeignKey(Order)
    sequence = models.IntegerField()

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("eventtosend", "order"),
            models.UniqueConstraint(fields=["client", "order", "sequence"], name="eventtosend_once"),
        ]
