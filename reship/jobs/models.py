"""A job and its items: the truth about what was asked of many orders, and what became of each."""

from django.db import models
from django.db.models import Q

from reship.catalog.models import Product, Warehouse
from reship.clients.models import ApiKey, User
from reship.database.tenancy import Tenant, TenantForeignKey, tenant_constraints


class JobDeed(models.TextChoices):
    RESHIP = "reship", "Reship Orders"
    HOLD = "hold", "Place hold"
    LIFT = "lift", "Lift hold"
    CANCEL = "cancel", "Cancel orders"
    IMPORT = "import", "Import orders"


class JobState(models.TextChoices):
    """A DRAFT is a dry run that nobody has confirmed yet. A job that is DONE has ended, its orders done or refused."""

    DRAFT = "DRAFT", "Dry run"
    RUNNING = "RUNNING", "Running"
    DONE = "DONE", "Ended"
    CANCELLED = "CANCELLED", "Cancelled"


class ItemState(models.TextChoices):
    """In a cancelled job, what is still PENDING was not done."""

    PENDING = "PENDING", "Pending"
    DONE = "DONE", "Done"
    REFUSED = "REFUSED", "Refused"
    LEFT_OUT = "LEFT_OUT", "Left out"


class Job(Tenant):
    """One deed to many orders: who asked for it, with which options, and how far it has come.

    Its items are taken in the order of their positions. `rehearsed` and `reached` are the positions up to which the
    dry run and the deeds have come; whoever works on the job holds the lock of its row, which is the lease.
    """

    number = models.IntegerField()
    deed = models.CharField(max_length=10, choices=JobDeed)
    state = models.CharField(max_length=10, choices=JobState, default=JobState.DRAFT)
    options = models.JSONField(default=dict)
    selection = models.CharField(max_length=300, blank=True)
    key = models.CharField(max_length=200, blank=True)
    input_hash = models.CharField(max_length=64, blank=True)
    retry_of = TenantForeignKey("self", null=True)
    submitted = models.IntegerField(default=0)
    last_position = models.IntegerField(default=0)
    rehearsed = models.IntegerField(default=0)
    would_go = models.IntegerField(default=0)
    would_be_refused = models.JSONField(default=dict)
    warnings = models.JSONField(default=dict)
    several_parcels = models.IntegerField(default=0)
    reached = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    refusals = models.JSONField(default=dict)
    made_by = models.CharField(max_length=200)
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    api_key = models.ForeignKey(ApiKey, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    worked_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=200, blank=True)

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("job", "retry_of"),
            models.UniqueConstraint(fields=["client", "number"], name="job_client_number"),
            models.UniqueConstraint(fields=["client", "key"], name="job_client_key", condition=~Q(key="")),
            models.CheckConstraint(
                name="job_counts", condition=Q(submitted__gte=models.F("done") + models.F("refused"))
            ),
        ]
        indexes = [
            models.Index(fields=["client", "-made_at", "-id"], name="job_list"),
            models.Index(
                fields=["client", "number"], name="job_unfinished", condition=Q(state__in=["DRAFT", "RUNNING"])
            ),
        ]

    def __str__(self) -> str:
        return str(self.number)

    @property
    def is_rehearsed(self) -> bool:
        return self.rehearsed >= self.last_position

    @property
    def come_to(self) -> int:
        """The position up to which the dry run has come, or the deeds."""
        return self.rehearsed if self.state == JobState.DRAFT else self.reached

    @property
    def has_work(self) -> bool:
        return self.state == JobState.RUNNING or (self.state == JobState.DRAFT and not self.is_rehearsed)

    @property
    def left(self) -> int:
        """Orders that are neither done nor refused yet."""
        return self.submitted - self.done - self.refused


class JobItem(Tenant):
    """One order of a job, or one parcel of it when `source` names it; `asked` is what a file asks for it alone.

    It holds the order's number and no reference: what was asked for may not exist. `forecast` is the outcome of the dry
    run: `go`, or the code of a refusal.
    """

    job = TenantForeignKey(Job)
    position = models.IntegerField()
    order_number = models.CharField(max_length=40)
    source = models.CharField(max_length=60, blank=True, default="", db_default="")
    asked = models.JSONField(null=True)
    state = models.CharField(max_length=10, choices=ItemState, default=ItemState.PENDING, db_default="PENDING")
    forecast = models.CharField(max_length=40, blank=True, default="", db_default="")
    warning = models.CharField(max_length=40, blank=True, default="", db_default="")
    other_parcels = models.IntegerField(default=0, db_default=0)
    code = models.CharField(max_length=40, blank=True, default="", db_default="")
    refusal = models.JSONField(null=True)
    shipment = models.CharField(max_length=60, blank=True, default="", db_default="")

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("jobitem", "job"),
            models.UniqueConstraint(fields=["client", "job", "position"], name="jobitem_position"),
            models.UniqueConstraint(fields=["client", "job", "order_number", "source"], name="jobitem_once"),
        ]
        indexes = [
            models.Index(fields=["client", "job", "position"], name="jobitem_refused", condition=Q(state="REFUSED")),
        ]


class JobStock(Tenant):
    """What a dry run does to one stock level, in units: the balance that it found, and the changes so far."""

    job = TenantForeignKey(Job)
    product = TenantForeignKey(Product)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="+", db_index=False)
    on_hand = models.BigIntegerField()
    allocated = models.BigIntegerField()
    on_hand_change = models.BigIntegerField()
    allocated_change = models.BigIntegerField()

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("jobstock", "job", "product"),
            models.UniqueConstraint(fields=["client", "job", "product", "warehouse"], name="jobstock_place"),
        ]
