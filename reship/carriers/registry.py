"""The carriers of this installation, by their codes: those that are built in, and those that its settings name."""

from importlib.util import find_spec

from django.conf import settings

from reship import intake
from reship.carriers.manual import Manual
from reship.carriers.port import Carrier
from reship.database.checkup import Finding
from reship.errors import Refusal
from reship.orders.addresses import ADDRESS_FIELDS


def carriers() -> dict[str, Carrier]:
    """Made anew each time: an adapter keeps nothing but its settings."""
    known: list[Carrier] = [Manual()]
    if settings.SANDBOX_CARRIER:
        # It draws labels; whoever has no sandbox need not load what that takes.
        from reship.carriers.sandbox import Sandbox

        known.append(Sandbox())
    if settings.EASYPOST_KEY and _has_easypost():
        from reship.carriers.easypost import EasyPost

        known.append(
            EasyPost(settings.EASYPOST_KEY, url=settings.EASYPOST_URL, timeout_seconds=settings.CARRIER_TIMEOUT_SECONDS)
        )
    return {carrier.code: carrier for carrier in known}


def carrier_by_code(code: str) -> Carrier:
    """Refuses `carrier_not_found`, naming those that there are."""
    known = carriers()
    if code not in known:
        raise Refusal(
            "carrier_not_found",
            f"There is no carrier {intake.named(code)} here; there are {', '.join(known)}.",
            carrier=intake.named(code),
            known=list(known),
        )
    return known[code]


def check_carriers() -> Finding:
    """Which carriers there are, and what the settings say of them that cannot be meant."""
    problems = []
    if settings.EASYPOST_KEY and not _has_easypost():
        problems.append("there is a key for EasyPost, but not its library: install the extra `easypost`")
    for warehouse, parts in settings.SENDERS.items():
        unknown = sorted(set(parts) - set(ADDRESS_FIELDS))
        if unknown:
            problems.append(f"the sender of {warehouse} has unknown parts: {', '.join(unknown)}")
    return Finding("carriers", ", ".join(carriers()), problems)


def _has_easypost() -> bool:
    return find_spec("easypost") is not None
