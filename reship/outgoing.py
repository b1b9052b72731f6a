"""The one way out to addresses that users give: webhooks and shops.

Whoever may enter an address could otherwise have this server ask what only it can reach. So the name is looked up here,
every address that is not public is refused, and the connection goes to the very address that was checked: nobody can
change the name's meaning in between. Redirects are answers like others and are never followed.
"""

import functools
import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import httpcore
import httpx
from django.conf import settings
from django.http.request import validate_host

LONGEST_SECONDS = 15.0
LARGEST_ANSWER = 64 * 1024
LONGEST_URL = 2_000
USER_AGENT = "Reship"

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_REFUSED = [
    ipaddress.ip_network(network)
    for network in (
        # IANA's registry of special IPv4 addresses, whole: Python's `is_global` follows it, each version differently.
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        # Looks public, and is what a virtual machine's host answers at in a large cloud.
        "168.63.129.16/32",
        # Of what `_GLOBAL_IPV6` includes: protocols' own, Teredo, documentation, 6to4 (hides any IPv4), relics.
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "2620:4f:8000::/48",
        "3ffe::/16",
        "3fff::/20",
    )
]
_GLOBAL_IPV6 = ipaddress.ip_network("2000::/3")
"""Outside are loopback, private, link-local, multicast, and every way to write an IPv4 address (mapped, NAT64, …)."""


ALLOWED_BY = "RESHIP_OUTGOING_ALLOWED"
_MAY_ALLOW = f"Whoever runs this installation can allow networks of their own by {ALLOWED_BY}."


class Failure(StrEnum):
    INVALID_URL = "invalid_url"
    HTTPS_REQUIRED = "https_required"
    NOT_PUBLIC = "not_public"
    NAME_NOT_FOUND = "name_not_found"
    NOT_CONNECTED = "not_connected"
    NOT_TRUSTED = "not_trusted"
    TOOK_TOO_LONG = "took_too_long"
    BROKEN_ANSWER = "broken_answer"
    INVALID_REQUEST = "invalid_request"


class Unreachable(Exception):
    """No answer came. Unless `may_have_arrived`, the other side saw nothing of the request.

    `failure` says in one word what happened, `message` in a sentence for whoever gave the address.
    """

    def __init__(self, failure: Failure, message: str) -> None:
        super().__init__(message)
        self.failure = failure
        self.message = message

    @property
    def can_be_allowed(self) -> bool:
        """Whether the installation's `ALLOWED_BY` could let it through."""
        return self.failure in {Failure.NOT_PUBLIC, Failure.HTTPS_REQUIRED}

    @property
    def may_have_arrived(self) -> bool:
        return self.failure in {Failure.TOOK_TOO_LONG, Failure.BROKEN_ANSWER}


@dataclass(frozen=True)
class Answer:
    """What the other side said. Names of headers are in small letters; several of one name are joined by commas."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    truncated: bool
    """Whether the body was longer than what is read of it."""

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    content: bytes = b"",
    timeout: float = LONGEST_SECONDS,
    largest_answer: int = LARGEST_ANSWER,
) -> Answer:
    """Asks another server, whatever it answers; never inside a transaction.

    `timeout` is in seconds, for everything together from the name's look-up to the last byte; of the body
    `largest_answer` bytes are read. Raises `Unreachable`.
    """
    target = check_url(url)
    network = _CheckedNetwork(target, time.monotonic() + timeout)
    sent = {"user-agent": USER_AGENT, "accept-encoding": "identity"} | {
        n.lower(): v for n, v in (headers or {}).items()
    }
    # What httpcore waits for at most in one step; the network's own deadline is what ends all of them.
    steps = dict.fromkeys(("connect", "read", "write", "pool"), timeout)
    try:
        with (
            httpcore.ConnectionPool(ssl_context=_trusted(), network_backend=network) as pool,
            pool.stream(
                method,
                httpcore.URL(
                    scheme=target.raw_scheme, host=target.raw_host, port=target.port, target=target.raw_path or b"/"
                ),
                headers=[(name.encode("ascii"), value.encode("ascii")) for name, value in sent.items()],
                content=content,
                extensions={"timeout": steps},
            ) as answer,
        ):
            body, truncated = _read(answer.iter_stream(), largest_answer)
            return Answer(answer.status, _joined(answer.headers), body, truncated)
    except (httpcore.TimeoutException, TimeoutError):
        raise _took_too_long(timeout) from None
    except httpcore.ConnectError as error:
        raise _not_connected(target, error) from error
    except (httpcore.LocalProtocolError, UnicodeEncodeError) as error:
        raise Unreachable(Failure.INVALID_REQUEST, f"The request cannot be written: {error}.") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        raise Unreachable(Failure.BROKEN_ANSWER, f"{target.host} broke off: {str(error) or 'no answer'}.") from error


def check_url(url: str) -> httpx.URL:
    """Reads an address as it would be used, without looking its name up; for whoever stores it.

    Raises `Unreachable`: `invalid_url`, and for numeric addresses and localhost `not_public` and `https_required` too.
    """
    try:
        target = httpx.URL(url.strip())
        host = target.host  # Read here, because letters that are encoded wrongly are found only now.
    except (httpx.InvalidURL, ValueError) as error:
        raise Unreachable(Failure.INVALID_URL, f"This is not an address: {error}.") from error
    if len(url) > LONGEST_URL:
        raise Unreachable(Failure.INVALID_URL, f"An address is at most {LONGEST_URL} characters long.")
    if target.scheme not in {"http", "https"} or not host or "%" in host:
        raise Unreachable(Failure.INVALID_URL, "An address begins with https:// and the server's name.")
    if target.userinfo:
        raise Unreachable(Failure.INVALID_URL, "An address must not contain a user name or a password.")
    if target.port is not None and not 0 < target.port < 65_536:
        raise Unreachable(Failure.INVALID_URL, f"There is no port {target.port}.")
    if _is_this_machine_by_name(host):
        _why_not(target, [ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")])
        return target
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if target.scheme == "http" and not _allowed():
            raise _https_required() from None
    else:
        _why_not(target, [address])
    return target


class _CheckedNetwork(httpcore.NetworkBackend):
    """Connects only to addresses that were checked, and ends everything at one moment."""

    def __init__(self, target: httpx.URL, deadline: float) -> None:
        self._target = target
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = _why_not(self._target, _looked_up(host, port, _left(self._deadline)))
        failed: httpcore.ConnectError | None = None
        for address in addresses:
            try:
                # A numeric address: nothing is looked up a second time.
                stream = httpcore.SyncBackend().connect_tcp(str(address), port, _left(self._deadline))
            except httpcore.ConnectError as error:
                failed = error
                continue
            if not _is_allowed(address) and _is_this_machine(stream):
                stream.close()
                raise _not_public(host)
            return _TimedStream(stream, self._deadline)
        raise failed or httpcore.ConnectError("no address")

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        raise _not_public(path)


class _TimedStream(httpcore.NetworkStream):
    """A connection of which no step outlasts the deadline: who drips byte after byte gains nothing."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # In pieces, because each piece has its own time below us.
        for start in range(0, len(buffer), 16_384):
            self._stream.write(buffer[start : start + 16_384], _left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline)), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _why_not(target: httpx.URL, addresses: list[_Address]) -> list[_Address]:
    """Those of a name's addresses that may be used. Raises `Unreachable` when none may.

    One that is not public does not spoil the others: networks with NAT64 add such addresses to every name.
    """
    allowed = [a for a in addresses if _is_allowed(a)]
    if allowed:
        return allowed
    if target.scheme != "https":
        raise _https_required()
    public = [a for a in addresses if _is_public(a)]
    if not public or _is_own_name(target.host):
        raise _not_public(target.host)
    return public


def _is_public(address: _Address) -> bool:
    if address.version == 6 and address not in _GLOBAL_IPV6:
        return False
    return address.is_global and not any(address in network for network in _REFUSED)


def _is_allowed(address: _Address) -> bool:
    return any(address in network for network in _allowed())


def _allowed() -> list[_Network]:
    return [ipaddress.ip_network(network) for network in settings.OUTGOING_ALLOWED]


def _is_own_name(host: str) -> bool:
    return validate_host(host.rstrip("."), [name for name in settings.ALLOWED_HOSTS if name != "*"])


def _is_this_machine_by_name(host: str) -> bool:
    """Names that mean this machine everywhere (RFC 6761), so that no look-up is needed to know it."""
    name = host.rstrip(".").lower()
    return name == "localhost" or name.endswith(".localhost")


def _is_this_machine(stream: httpcore.NetworkStream) -> bool:
    """Whoever speaks with itself does it from the same address, be it a public one."""
    return bool(stream.get_extra_info("client_addr")[0] == stream.get_extra_info("server_addr")[0])


def _looked_up(host: str, port: int, seconds: float) -> list[_Address]:
    """The addresses of a name in the system's order. Raises `Unreachable`, TimeoutError.

    The system's look-up knows no limit of time, so it is left behind in a thread of its own when it takes too long.
    """
    found: queue.SimpleQueue[list[_Address] | OSError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            # A zone (fe80::1%eth0) only has a meaning on this machine and is refused with its address.
            found.put(list(dict.fromkeys(ipaddress.ip_address(row[4][0]) for row in rows)))
        except (OSError, UnicodeError) as error:
            found.put(error if isinstance(error, OSError) else OSError(str(error)))

    threading.Thread(target=look_up, daemon=True, name="look-up").start()
    try:
        answer = found.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(answer, OSError):
        raise Unreachable(Failure.NAME_NOT_FOUND, f"There is no server named {host}.") from answer
    return answer


def _left(deadline: float) -> float:
    """Seconds until the deadline. Raises TimeoutError after it: 0 would mean “do not wait” below us."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _read(pieces: Iterable[bytes], most: int) -> tuple[bytes, bool]:
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > most:
            return bytes(body[:most]), True
    return bytes(body), False


def _joined(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


@functools.cache
def _trusted() -> ssl.SSLContext:
    """Certificates of the public authorities, or those that the installation names in SSL_CERT_FILE or SSL_CERT_DIR."""
    return httpx.create_ssl_context()


def _not_connected(target: httpx.URL, error: httpcore.ConnectError) -> Unreachable:
    causes = [error.__cause__, error.__context__, *error.args]
    certificate = next((c for c in causes if isinstance(c, ssl.SSLError)), None)
    if isinstance(certificate, ssl.SSLCertVerificationError):
        return Unreachable(
            Failure.NOT_TRUSTED, f"The certificate of {target.host} is not valid: {certificate.verify_message}."
        )
    if certificate is not None:
        return Unreachable(Failure.NOT_TRUSTED, f"{target.host} does not speak https: {certificate.reason}.")
    return Unreachable(Failure.NOT_CONNECTED, f"{target.host} takes no connection.")


def _took_too_long(seconds: float) -> Unreachable:
    return Unreachable(Failure.TOOK_TOO_LONG, f"No whole answer came within {seconds:g} seconds.")


def _not_public(host: str) -> Unreachable:
    return Unreachable(Failure.NOT_PUBLIC, f"{host} is not a public address, so nothing is sent there. {_MAY_ALLOW}")


def _https_required() -> Unreachable:
    return Unreachable(
        Failure.HTTPS_REQUIRED,
        f"Nothing is sent without encryption: the address must begin with https://. {_MAY_ALLOW}",
    )
