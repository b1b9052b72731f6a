"""What every answer tells the browser."""

from django.test import Client

from reship.config import settings


def test_every_answer_is_strict() -> None:
    headers = Client().get("/healthz").headers
    policy = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'self'",
        "img-src": "'self' data:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "form-action": "'self'",
    }
    assert headers["Cache-Control"] == "private, no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


def test_a_page_that_is_not_there_is_strict_too() -> None:
    answer = Client().get("/no-such-page")
    assert answer.status_code == 404
    assert "Content-Security-Policy" in answer.headers


def test_cookies_are_kept_from_scripts_and_other_sites() -> None:
    assert settings.SESSION_COOKIE_HTTPONLY
    assert settings.CSRF_COOKIE_HTTPONLY
    assert (settings.SESSION_COOKIE_SAMESITE, settings.CSRF_COOKIE_SAMESITE) == ("Lax", "Lax")


def test_a_request_is_not_a_transaction() -> None:
    assert not settings.DATABASES["default"].get("ATOMIC_REQUESTS")
    assert not settings.DEBUG
