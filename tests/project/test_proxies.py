"""The address of whoever asks, behind proxies of ours and without."""

import pytest
from django.http import HttpRequest, HttpResponse
from pytest_django import Settings

from reship.config.proxies import BehindProxies


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "6.6.6.6", "10.0.0.1"),
        (1, "6.6.6.6, 9.9.9.9", "9.9.9.9"),
        (2, "6.6.6.6, 9.9.9.9, 10.0.0.2", "9.9.9.9"),
        (2, "9.9.9.9", "10.0.0.1"),
        (1, "", "10.0.0.1"),
    ],
)
def test_only_what_our_own_proxies_say_counts(proxies: int, forwarded: str, address: str, settings: Settings) -> None:
    settings.PROXIES = proxies
    request = HttpRequest()
    request.META |= {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": forwarded}
    BehindProxies(lambda asked: HttpResponse())(request)
    assert request.META["REMOTE_ADDR"] == address
