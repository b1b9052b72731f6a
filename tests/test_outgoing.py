"""What leaves the house: only to public addresses, only to the one that was checked, within time and size."""

import contextlib
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

import pytest
import trustme
from django.test import override_settings

from reship import outgoing
from reship.outgoing import Failure, Unreachable

Conversation = Callable[[socket.socket], None]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Two: a\r\nX-Two: b\r\n\r\nhi"


@contextlib.contextmanager
def server(talk: Conversation, *, certificate: trustme.LeafCert | None = None) -> Iterator[int]:
    """Answers connections with `talk`, one after the other; gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    peer, _ = listening.accept()
                except OSError:
                    return
                with contextlib.suppress(OSError), peer:
                    if certificate is None:
                        talk(peer)
                        continue
                    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                    certificate.configure_cert(context)
                    with context.wrap_socket(peer, server_side=True) as secure:
                        talk(secure)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield int(listening.getsockname()[1])
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()


def says(answer: bytes, heard: list[bytes] | None = None) -> Conversation:
    def talk(peer: socket.socket) -> None:
        received = b""
        while b"\r\n\r\n" not in received:
            if not (piece := peer.recv(65_536)):
                return
            received += piece
        if heard is not None:
            heard.append(received)
        peer.sendall(answer)

    return talk


def names(monkeypatch: pytest.MonkeyPatch, *rows: list[str]) -> list[str]:
    """Lets every name have these addresses, at each look-up the next row; gives the names that were looked up."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, *rest: object, **more: object) -> object:
        with contextlib.suppress(ValueError):
            ipaddress.ip_address(host)
            return real(host, port, *rest, **more)  # type: ignore[arg-type]  # As it came.
        asked.append(host)
        row = rows[min(len(asked), len(rows)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in row]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def failure_of(url: str, **more: float) -> Failure:
    with pytest.raises(Unreachable) as caught:
        outgoing.request("POST", url, content=b"x", **more)  # type: ignore[arg-type]  # Only `timeout` is given.
    return caught.value.failure


@pytest.fixture
def own_network() -> Iterator[None]:
    with override_settings(OUTGOING_ALLOWED=["127.0.0.1/32"]):
        yield


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0.0.0.0",
        "10.0.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "168.63.129.16",
        "192.0.0.192",
        "192.88.99.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.250",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[::ffff:8.8.8.8]",
        "[::ffff:10.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::8.8.8.8]",
        "[64:ff9b:1::1]",
        "[2001:0:1::1]",
        "[2001:db8::1]",
        "[2002:7f00:1::]",
        "[3fff::1]",
        "[5f00::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[fec0::1]",
        "[ff02::1]",
        "localhost",
        "LOCALHOST.",
        "shop.localhost",
    ],
)
def test_no_address_that_is_not_public_is_asked(host: str) -> None:
    assert failure_of(f"https://{host}/") is Failure.NOT_PUBLIC


@pytest.mark.parametrize("host", ["localhost", "a.localhost.", "127.0.0.1"])
def test_this_machine_is_refused_by_name_as_by_number_and_the_setting_is_named(host: str) -> None:
    for scheme, failure in (("https", Failure.NOT_PUBLIC), ("http", Failure.HTTPS_REQUIRED)):
        with pytest.raises(Unreachable, match="RESHIP_OUTGOING_ALLOWED") as caught:
            outgoing.check_url(f"{scheme}://{host}:8099/")
        assert caught.value.failure is failure
    with override_settings(OUTGOING_ALLOWED=["127.0.0.0/8"]):
        assert outgoing.check_url(f"http://{host}:8099/").port == 8099


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "192.0.1.1", "2606:4700:4700::1111", "2001:4860:4860::8888"])
def test_public_addresses_are_public(address: str) -> None:
    outgoing.check_url(f"https://[{address}]/" if ":" in address else f"https://{address}/")


def test_a_name_is_looked_up_once_and_its_checked_address_is_used(
    monkeypatch: pytest.MonkeyPatch, own_network: None
) -> None:
    heard: list[bytes] = []
    with server(says(OK, heard)) as port:
        asked = names(monkeypatch, ["127.0.0.1"], ["10.0.0.1"])
        answer = outgoing.request("POST", f"http://shop.example:{port}/in?a=1", headers={"X-One": "1"}, content=b"{}")
    assert answer == outgoing.Answer(200, {"content-length": "2", "x-two": "a, b"}, b"hi", truncated=False)
    assert asked == ["shop.example"]
    assert heard[0].startswith(f"POST /in?a=1 HTTP/1.1\r\nHost: shop.example:{port}\r\n".encode())
    assert b"\r\nx-one: 1\r\n" in heard[0].lower()


def test_of_a_names_addresses_only_the_allowed_are_tried(monkeypatch: pytest.MonkeyPatch, own_network: None) -> None:
    with server(says(OK)) as port:
        names(monkeypatch, ["10.0.0.1", "127.0.0.1"])
        assert outgoing.request("GET", f"http://shop.example:{port}/").status == 200
        names(monkeypatch, ["10.0.0.1", "127.0.0.2"])
        assert failure_of(f"https://shop.example:{port}/") is Failure.NOT_PUBLIC


@override_settings(ALLOWED_HOSTS=["reship.example"])
def test_the_installations_own_name_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, ["8.8.8.8"])
    assert failure_of("https://reship.example./") is Failure.NOT_PUBLIC


def test_whoever_answers_from_the_askers_own_address_is_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(says(OK)) as port:
        monkeypatch.setattr(outgoing, "_is_public", lambda address: True)
        assert failure_of(f"https://127.0.0.1:{port}/") is Failure.NOT_PUBLIC


def test_without_encryption_only_allowed_networks_are_asked(monkeypatch: pytest.MonkeyPatch, own_network: None) -> None:
    names(monkeypatch, ["8.8.8.8"])
    assert failure_of("http://shop.example/") is Failure.HTTPS_REQUIRED
    with override_settings(OUTGOING_ALLOWED=[]):
        assert failure_of("http://shop.example/") is Failure.HTTPS_REQUIRED


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example",
        "ftp://shop.example/",
        "https://",
        "https://me:secret@shop.example/",
        "https://a b/",
        "https://x:0/",
        "https://shop.example/" + "x" * 2_000,
        "file:///etc/passwd",
        "https://shop.example:99999/",
        "https://[::1/",
        "https://xn--a/",
        "https://xn--.example/",
    ],
)
def test_what_is_no_address_is_said(url: str) -> None:
    assert failure_of(url) is Failure.INVALID_URL


def test_a_certificate_of_a_stranger_is_not_trusted_and_a_known_one_is(
    monkeypatch: pytest.MonkeyPatch, own_network: None
) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context()
    authority.configure_trust(context)
    names(monkeypatch, ["127.0.0.1"])
    with server(says(OK), certificate=authority.issue_cert("shop.example")) as port:
        assert failure_of(f"https://shop.example:{port}/") is Failure.NOT_TRUSTED
        monkeypatch.setattr(outgoing, "_trusted", lambda: context)
        assert failure_of(f"https://other.example:{port}/") is Failure.NOT_TRUSTED
        assert outgoing.request("GET", f"https://shop.example:{port}/").body == b"hi"


def test_a_redirect_is_an_answer(own_network: None) -> None:
    with server(says(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n")) as port:
        answer = outgoing.request("GET", f"http://127.0.0.1:{port}/")
    assert (answer.status, answer.headers["location"]) == (302, "http://127.0.0.1/")


def test_of_a_huge_answer_only_the_beginning_is_read(own_network: None) -> None:
    def endless(peer: socket.socket) -> None:
        says(b"HTTP/1.1 200 OK\r\n\r\n")(peer)
        while True:
            peer.sendall(b"x" * 65_536)

    with server(endless) as port:
        answer = outgoing.request("GET", f"http://127.0.0.1:{port}/")
    assert (len(answer.body), answer.truncated) == (64 * 1024, True)


def test_whoever_drips_does_not_hold_anybody_up(own_network: None) -> None:
    def drip(peer: socket.socket) -> None:
        says(b"HTTP/1.1 200 OK\r\nX: ")(peer)
        waiting = threading.Event()
        while not waiting.wait(0.02):
            peer.sendall(b"x")

    with server(drip) as port:
        assert failure_of(f"http://127.0.0.1:{port}/", timeout=0.2) is Failure.TOOK_TOO_LONG


def test_a_look_up_that_never_ends_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    forever = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: forever.wait(10) and [])
    assert failure_of("https://shop.example/", timeout=0.05) is Failure.TOOK_TOO_LONG
    forever.set()


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (b"", Failure.BROKEN_ANSWER),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", Failure.BROKEN_ANSWER),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", Failure.BROKEN_ANSWER),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 30_000, Failure.BROKEN_ANSWER),
    ],
)
def test_rubbish_is_no_answer(own_network: None, answer: bytes, failure: Failure) -> None:
    with server(says(answer)) as port:
        assert failure_of(f"http://127.0.0.1:{port}/") is failure


def test_nobody_there_and_no_such_name_are_told_apart(monkeypatch: pytest.MonkeyPatch, own_network: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert failure_of(f"http://127.0.0.1:{port}/") is Failure.NOT_CONNECTED

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert failure_of("https://nowhere.example/") is Failure.NAME_NOT_FOUND


def test_a_header_cannot_smuggle_another(own_network: None) -> None:
    with server(says(OK)) as port, pytest.raises(Unreachable) as caught:
        outgoing.request("GET", f"http://127.0.0.1:{port}/", headers={"X-One": "1\r\nX-Two: 2"})
    assert caught.value.failure is Failure.INVALID_REQUEST
