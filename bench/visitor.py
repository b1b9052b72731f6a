"""Somebody with a browser and no script: signs in, keeps cookies, sends forms with their CSRF token.

Asks either this process, through the whole of the portal but the socket, or a server.
"""

import http.client
import io
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.core.wsgi import get_wsgi_application

Fields = Mapping[str, str | list[str]]
HOST = "localhost"


class Answer(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    text: str

    def header(self, name: str) -> str:
        return next((value for given, value in self.headers if given.lower() == name), "")


Ask = Callable[[str, str, bytes, dict[str, str]], Answer]
"""Method, path, body and headers to an answer."""


@dataclass
class Visitor:
    ask: Ask
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> Answer:
        return self._send("GET", path, b"", {})

    def post(self, path: str, fields: Fields) -> Answer:
        """The token of the cookie, as a form holds it."""
        body = urlencode({**fields, "csrfmiddlewaretoken": self.cookies.get("csrftoken", "")}, doseq=True)
        return self._send("POST", path, body.encode(), {"Content-Type": "application/x-www-form-urlencoded"})

    def sign_in(self, email: str, password: str) -> None:
        self.get("/sign-in/")
        answer = self.post("/sign-in/", {"email": email, "password": password})
        assert answer.status == 302, f"sign-in was answered with {answer.status}"

    def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self.ask(method, path, body, {**headers, "Host": HOST, "Cookie": cookies})
        for name, value in answer.headers:
            if name.lower() == "set-cookie":
                self.cookies.update({name: morsel.value for name, morsel in SimpleCookie(value).items()})
        return answer


def in_this_process() -> Ask:
    """As a server would call the portal, without one."""
    application = get_wsgi_application()

    def ask(method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        given: list[Any] = []

        def start_response(status: str, received: list[tuple[str, str]], *_: object) -> None:
            given.append((int(status[:3]), received))

        path_info, _, query = path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path_info,
            "QUERY_STRING": query,
            "SERVER_NAME": HOST,
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": headers.get("Content-Type", ""),
            **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
        }
        chunks: Iterable[bytes] = application(environ, start_response)  # type: ignore[arg-type]  # starts a response
        text = b"".join(chunks).decode()
        if hasattr(chunks, "close"):
            chunks.close()
        status, received = given[0]
        return Answer(status, received, text)

    return ask


def over_connection(connection: http.client.HTTPConnection) -> Ask:
    """Over one connection that is kept open, as browsers do."""

    def ask(method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return Answer(response.status, response.getheaders(), response.read().decode())

    return ask


_NUMBER = re.compile(r'href="/orders/[^/"]+/(\d+)/"')


def orders_on(page: str) -> list[str]:
    """The numbers of the orders that a list shows, in its order."""
    return list(dict.fromkeys(_NUMBER.findall(page)))
