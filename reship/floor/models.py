"""THE FLOOR: what the warehouse records beside the documents: batches, scans, labels, manifests, and what it asks."""

from django.db import models
from django.db.models import Q

from reship.catalog.models import Warehouse
from reship.clients.models import User
from reship.database.tenancy import IsWhole, Tenant, TenantForeignKey, tenant_constraints
from reship.orders.models import Order, Shipment, ShipmentLine


class PickBatch(Tenant):
    """Shipments of one client that a packer claimed together and picks in one round."""

    number = models.IntegerField()
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="+", db_index=False)
    claimed_by = models.CharField(max_length=200)
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    claimed_at = models.DateTimeField()

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("pickbatch"),
            models.UniqueConstraint(fields=["client", "number"], name="pickbatch_number"),
        ]
        indexes = [models.Index(fields=["client", "user", "claimed_at"], name="pickbatch_of")]


class BatchShipment(Tenant):
    """That a shipment is picked in a batch; in one only."""

    batch = TenantForeignKey(PickBatch)
    shipment = TenantForeignKey(Shipment)

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("batchshipment", "batch", "shipment"),
            models.UniqueConstraint(fields=["client", "shipment"], name="batchshipment_once"),
        ]
        indexes = [models.Index(fields=["client", "batch"], name="batchshipment_batch")]


class ScanPurpose(models.TextChoices):
    PACK = "PACK", "Packing"
    PULL = "PULL", "Pulling"


class ScanOutcome(models.TextChoices):
    """What a scan was. Those that count are GOOD; RESTARTED voids the ones before it."""

    GOOD = "GOOD", "Good"
    WRONG_ITEM = "WRONG_ITEM", "Wrong item"
    TOO_MANY = "TOO_MANY", "Too many"
    UNKNOWN = "UNKNOWN", "Unknown code"
    RESTARTED = "RESTARTED", "Started again"


class Scan(Tenant):
    """One scan at the bench, good or not. Never changed or deleted: a killed browser loses none of them."""

    shipment = TenantForeignKey(Shipment)
    line = TenantForeignKey(ShipmentLine, null=True)
    purpose = models.CharField(max_length=10, choices=ScanPurpose)
    outcome = models.CharField(max_length=10, choices=ScanOutcome)
    code = models.CharField(max_length=100, blank=True)
    quantity = models.IntegerField(default=1)
    sequence = models.IntegerField()
    actor = models.CharField(max_length=200)
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("scan", "shipment", "line"),
            models.UniqueConstraint(fields=["client", "shipment", "sequence"], name="scan_sequence"),
            models.CheckConstraint(
                name="scan_quantity", condition=IsWhole("quantity") & Q(quantity__gte=1, quantity__lte=1_000_000)
            ),
        ]


class PullTask(Tenant):
    """A parcel that was picked or packed and can never go out: find it, unpack it, put its goods away.

    Made when a reship adds units of it back; void when that reship is cancelled before anybody pulled the parcel.
    """

    shipment = TenantForeignKey(Shipment)
    made_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_by = models.CharField(max_length=200, blank=True)
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    voided_at = models.DateTimeField(null=True)

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("pulltask", "shipment"),
            models.UniqueConstraint(
                fields=["client", "shipment"], name="pulltask_once", condition=Q(voided_at__isnull=True)
            ),
        ]
        indexes = [
            models.Index(
                fields=["client", "made_at"],
                name="pulltask_to_do",
                condition=Q(done_at__isnull=True, voided_at__isnull=True),
            ),
        ]


class Manifest(Tenant):
    """The parcels of one client that left a warehouse together, with one carrier.

    Parcels are added, and depart, one by one until it is closed.
    """

    number = models.IntegerField()
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="+", db_index=False)
    carrier = models.CharField(max_length=60, blank=True)
    made_by = models.CharField(max_length=200)
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=200, blank=True)

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("manifest"),
            models.UniqueConstraint(fields=["client", "number"], name="manifest_number"),
        ]
        indexes = [models.Index(fields=["client", "-made_at", "-id"], name="manifest_list")]


class ManifestShipment(Tenant):
    """That a parcel left with a manifest; with one only."""

    manifest = TenantForeignKey(Manifest)
    shipment = TenantForeignKey(Shipment)

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("manifestshipment", "manifest", "shipment"),
            models.UniqueConstraint(fields=["client", "shipment"], name="manifestshipment_once"),
        ]
        indexes = [models.Index(fields=["client", "manifest"], name="manifestshipment_of")]


class LabelState(models.TextChoices):
    """ASKED before the carrier is called, so that a label that was paid for is found again after a crash."""

    ASKED = "ASKED", "Asked for"
    BOUGHT = "BOUGHT", "Bought"
    REFUSED = "REFUSED", "Refused by the carrier"
    VOIDED = "VOIDED", "Voided"


class Label(Tenant):
    """A carrier's label of a parcel, with what it cost. `reference` is ours: the carrier never sells it twice."""

    shipment = TenantForeignKey(Shipment)
    state = models.CharField(max_length=10, choices=LabelState, default=LabelState.ASKED)
    reference = models.CharField(max_length=80)
    carrier = models.CharField(max_length=60)
    service = models.CharField(max_length=80, blank=True)
    carrier_reference = models.CharField(max_length=200, blank=True)
    tracking_number = models.CharField(max_length=80, blank=True)
    cost = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    currency = models.CharField(max_length=3, blank=True)
    format = models.CharField(max_length=10, blank=True)
    content = models.BinaryField(default=bytes)
    problem = models.CharField(max_length=500, blank=True)
    asked_by = models.CharField(max_length=200)
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    asked_at = models.DateTimeField()
    bought_at = models.DateTimeField(null=True)
    voided_at = models.DateTimeField(null=True)

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("label", "shipment"),
            models.UniqueConstraint(fields=["client", "reference"], name="label_reference"),
            models.UniqueConstraint(
                fields=["client", "shipment"], name="label_one_valid", condition=Q(state__in=["ASKED", "BOUGHT"])
            ),
        ]
        indexes = [
            # Whose carrier is asked where the parcel is: those of the last months.
            models.Index(fields=["client", "bought_at", "id"], name="label_bought", condition=Q(state="BOUGHT")),
        ]


class TrackingEvent(Tenant):
    """What a carrier said of a parcel, once however often it is said. `at` is the carrier's time."""

    shipment = TenantForeignKey(Shipment)
    carrier = models.CharField(max_length=60, blank=True)
    status = models.CharField(max_length=20)
    detail = models.CharField(max_length=300, blank=True)
    place = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("trackingevent", "shipment"),
            models.UniqueConstraint(fields=["client", "shipment", "status", "at"], name="trackingevent_once"),
        ]


class QuestionKind(models.TextChoices):
    CHANGE = "CHANGE", "Change asked for"
    LATE_ARRIVAL = "LATE_ARRIVAL", "Original arrived after all"
    TRACKING = "TRACKING", "Carrier and books disagree"


class Question(Tenant):
    """Something that somebody has to decide about a shipment; open until it is answered."""

    order = TenantForeignKey(Order)
    shipment = TenantForeignKey(Shipment)
    kind = models.CharField(max_length=15, choices=QuestionKind)
    text = models.CharField(max_length=1000)
    asked_by = models.CharField(max_length=200)
    asked_by_company = models.BooleanField(default=False)
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=1000, blank=True)
    answered_by = models.CharField(max_length=200, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("question", "order", "shipment"),
            models.UniqueConstraint(
                fields=["client", "shipment", "kind"],
                name="question_open_once",
                condition=Q(answered_at__isnull=True) & ~Q(kind="CHANGE"),
            ),
        ]
        indexes = [
            models.Index(
                fields=["client", "asked_at", "id"], name="question_open", condition=Q(answered_at__isnull=True)
            ),
            models.Index(fields=["client", "shipment"], name="question_shipment"),
            models.Index(fields=["client", "-asked_at", "-id"], name="question_list"),
        ]
