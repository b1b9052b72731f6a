"""QUANTITIES: how many units lie where, and every change that made them so."""

from django.db import models
from django.db.models import F, Q

from reship.catalog.models import Product, Warehouse
from reship.clients.models import User
from reship.database.tenancy import IsWhole, Tenant, TenantForeignKey, tenant_constraints
from reship.orders.models import Reshipment, ShipmentLine

MOST_UNITS = 10**12


class EntryKind(models.TextChoices):
    """What a ledger entry records; the table of section 4 of the design."""

    RECEIVED = "RECEIVED", "Received"
    ALLOCATED = "ALLOCATED", "Allocated"
    RELEASED = "RELEASED", "Released"
    SHIPPED = "SHIPPED", "Shipped"
    ADDED_BACK = "ADDED_BACK", "Added back"
    ADD_BACK_UNDONE = "ADD_BACK_UNDONE", "Add-back undone"
    RESTOCKED = "RESTOCKED", "Restocked"
    ADJUSTED = "ADJUSTED", "Adjusted"


class StockLevel(Tenant):
    """One product in one warehouse, in units, moved by ledger.py only; and where in the building it lies."""

    product = TenantForeignKey(Product)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="+", db_index=False)
    on_hand = models.BigIntegerField(default=0)
    allocated = models.BigIntegerField(default=0)
    sequence = models.BigIntegerField(default=0)
    bin = models.CharField(max_length=40, blank=True)

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("stocklevel", "product"),
            models.UniqueConstraint(fields=["client", "product", "warehouse"], name="stocklevel_place"),
            models.CheckConstraint(
                name="stocklevel_on_hand",
                condition=IsWhole("on_hand") & Q(on_hand__gte=0, on_hand__lte=MOST_UNITS),
            ),
            models.CheckConstraint(
                name="stocklevel_allocated",
                condition=IsWhole("allocated") & Q(allocated__gte=0, allocated__lte=F("on_hand")),
            ),
        ]

    @property
    def available(self) -> int:
        return self.on_hand - self.allocated


class LedgerEntry(Tenant):
    """One change of one stock level, with both balances after it. Never changed or deleted."""

    level = TenantForeignKey(StockLevel)
    sequence = models.BigIntegerField()
    kind = models.CharField(max_length=15, choices=EntryKind)
    on_hand_change = models.BigIntegerField()
    allocated_change = models.BigIntegerField()
    on_hand_after = models.BigIntegerField()
    allocated_after = models.BigIntegerField()
    shipment_line = TenantForeignKey(ShipmentLine, null=True)
    reshipment = TenantForeignKey(Reshipment, null=True)
    reason = models.CharField(max_length=300, blank=True)
    actor = models.CharField(max_length=200)
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("ledgerentry", "level", "shipment_line", "reshipment"),
            models.UniqueConstraint(fields=["client", "level", "sequence"], name="ledgerentry_sequence"),
        ]
        indexes = [
            models.Index(
                fields=["client", "shipment_line"],
                name="ledgerentry_line",
                condition=Q(shipment_line__isnull=False),
            ),
        ]
