"""WHO: the merchants whose goods are stored, and the people who log in. Reference rows."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django.utils import timezone

from reship.clients.roles import CLIENT_ROLES, Role


class Client(models.Model):
    """A merchant whose goods are stored and shipped, with the policies that the operator set for it.

    The two caps count reshipments that are not cancelled; 0 means no cap. `reship_fee` is what a reship costs the
    client, in `currency` (ISO 4217), as is the cost of its products. Without `reasons` the built-in ones are offered:
    `reasons.py` tells their form. `sends_events` since somebody listens to its history; work that keeps a client for
    longer than a request reads it anew (`hear_of_listeners`).
    """

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=200)
    timezone = models.CharField(max_length=60, default="UTC")
    may_add_back = models.BooleanField(default=True)
    reason_required = models.BooleanField(default=True)
    hold_every_reship = models.BooleanField(default=False)
    second_reship_needs_manager = models.BooleanField(default=False)
    most_reships_of_order = models.IntegerField(default=0)
    most_reships_a_day = models.IntegerField(default=0)
    reship_fee = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    currency = models.CharField(max_length=3, default="EUR")
    reasons = models.JSONField(default=list)
    sends_events = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.code

    def hear_of_listeners(self) -> None:
        """Learns whether somebody has begun to listen since this row was read; one statement."""
        self.refresh_from_db(fields=["sends_events"])


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())

    def create_user(
        self, email: str, *, name: str, role: Role, client: Client | None = None, password: str | None = None
    ) -> "User":
        """A person who can log in; without a password, only an invitation lets them choose one."""
        user = self.model(email=email.strip().lower(), name=name, role=role, client=client)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person of a client, or of the fulfilment company when there is no client."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=10, choices=[(role.value, role.value) for role in Role])
    client = models.ForeignKey(Client, null=True, blank=True, on_delete=models.PROTECT, related_name="users")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    # Log-ins write no reference row: Django connects its last-log-in signal only to a field.
    last_login = None

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name", "role"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="user_role_matches_client",
                condition=Q(client__isnull=False, role__in=sorted(CLIENT_ROLES))
                | Q(client__isnull=True, role__in=sorted(set(Role) - CLIENT_ROLES)),
            ),
        ]

    def __str__(self) -> str:
        return self.email


class AccountEvent(models.Model):
    """One line of what was done with people, their access, and a client's settings. Never changed or deleted.

    A reference row, because the fulfilment company's own people belong to no client. `what` is a code in the past
    tense, `facts` what its wording needs; `person` is whom it was done to, if anybody.
    """

    at = models.DateTimeField()
    what = models.CharField(max_length=40)
    client = models.ForeignKey(Client, null=True, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    facts = models.JSONField(default=dict)
    actor = models.CharField(max_length=200)
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    address = models.CharField(max_length=60, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-at", "-id"], name="accountevent_list")]


class Session(AbstractBaseSession):
    """A browser that is signed in, or about to. A local row; `sessions.py` is its only writer.

    `device` is what the browser calls itself; `seen_at` is some minutes old, so that a page does not write.
    """

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    device = models.CharField(max_length=300, blank=True)
    address = models.CharField(max_length=60, blank=True)
    signed_in_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(default=timezone.now)

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        from reship.clients.sessions import SessionStore

        return SessionStore


class SecondStep(models.Model):
    """A phone (or what else makes codes) that a person proves to have after the password. A local row.

    `secret` is encrypted. Until `turned_on_at` it waits for its first code. `last_counter` is the half minute, counted
    since 1970, of the latest code that was taken: no code of it or of an earlier one is taken again.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="+")
    secret = models.TextField()
    turned_on_at = models.DateTimeField(null=True)
    last_counter = models.BigIntegerField(default=0)


class RecoveryCode(models.Model):
    """Lets a person in once who has lost the phone. Only the code's digest is kept. A local row."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="recoverycode_user_digest")]


class ApiKey(models.Model):
    """What a program proves itself with, for one client. Only the secret's digest is kept; `prefix` tells keys apart.

    Its rights are those of `role`, within its scopes and within what its maker may now; a key without a maker was made
    on the command line. `expires_at` also ends the overlap after it was rolled, when `rolled_into` names its successor.
    A reference row, because a request names no client before its key is known.
    """

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16, unique=True)
    digest = models.CharField(max_length=64)
    role = models.CharField(max_length=10, choices=[(role.value, role.value) for role in Role])
    scopes = models.JSONField(default=list)
    requests_a_minute = models.IntegerField(default=600)
    maker = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    made_by = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    rolled_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.prefix


class ApiKeyUse(models.Model):
    """How many requests of a minute the processes have taken for a key, and when one last did. A local row.

    Beside the key, whose row is read with each request and should not be written. `minute` counts since 1970.
    """

    key = models.OneToOneField(ApiKey, on_delete=models.CASCADE, related_name="use")
    minute = models.BigIntegerField()
    taken = models.IntegerField()
    last_used_at = models.DateTimeField()
