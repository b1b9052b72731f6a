"""Secrets that have to be read again: kept in the database, readable only with the installation's secret key."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.encoding import force_bytes


def seal(secret: str, *, purpose: str) -> str:
    """The secret as it is stored. What is sealed for one purpose cannot be opened for another."""
    return _vault(purpose).encrypt(secret.encode()).decode()


def unseal(sealed: str, *, purpose: str) -> str | None:
    """The secret; None when the installation's secret key is another one by now, or nothing was sealed."""
    try:
        return _vault(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def _vault(purpose: str) -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    derived = [hashlib.sha256(f"reship {purpose} ".encode() + force_bytes(key)).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])
