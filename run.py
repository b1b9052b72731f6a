#!/usr/bin/env python3
"""Reship in one command, on a machine that has nothing but Python 3.11 or newer.

    python3 run.py                    makes the environment and the demo, serves the portal and opens it
                                      (--port N, --no-browser, --setup-only)
    python3 run.py test [ARGUMENT …]  runs all checks, or, with arguments for pytest, pytest only, on both databases
    python3 run.py bench …            measures Reship beside hand-made SQL; bench/README.md says how
    python3 run.py fuzz …             sends the API thousands of requests that its document allows or forbids
    python3 run.py COMMAND …          runs `reship COMMAND …`; `python3 run.py help` lists the commands

Only the standard library is used here: a fresh Debian has neither pip nor venv. What is needed lands in `.tools` and
`.venv` beside this file, from `uv.lock`, and is made again only when that changes.
"""

import base64
import configparser
import contextlib
import fcntl
import hashlib
import html.parser
import io
import json
import os
import platform
import re
import shutil
import signal
import ssl
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, NoReturn

PROJECT = Path(__file__).resolve().parent
TOOLS = PROJECT / ".tools"
ENVIRONMENT = PROJECT / ".venv"
STAMP = ENVIRONMENT / "reship-stamp.json"

OLDEST_UV = (0, 9)
# Asked only when there is neither uv nor pip and nobody has configured another index: the one that every tool for
# Python asks by default.
PUBLIC_INDEX = "https://pypi.org/simple"


class Failure(Exception):
    """Something that the person at the keyboard has to know, in one sentence."""


def main(arguments: list[str]) -> NoReturn:
    if arguments[:1] in (["-h"], ["--help"]):
        print(__doc__)
        raise SystemExit(0)
    for_tests = arguments[:1] == ["test"]
    for_bench = arguments[:1] == ["bench"]
    for_fuzz = arguments[:1] == ["fuzz"]
    make_environment(for_tests=for_tests or for_bench or for_fuzz, extras=wanted_extras(arguments))
    # From here on there is nothing left to do for this process, so it becomes the other one: signals reach it
    # directly, and its exit code is ours.
    if for_tests:
        become(ENVIRONMENT / "bin/python", ["-m", "tests.suite", *arguments[1:]])
    if for_bench:
        become(ENVIRONMENT / "bin/python", ["-m", "bench", *arguments[1:]])
    if for_fuzz:
        become(ENVIRONMENT / "bin/python", ["-m", "tests.api.fuzz", *arguments[1:]])
    is_command = bool(arguments) and not arguments[0].startswith("-")
    become(ENVIRONMENT / "bin/reship", arguments if is_command else ["demo", *arguments])


def become(program: Path, arguments: list[str]) -> NoReturn:
    if program.name == "python":
        os.chdir(PROJECT)
    sys.stdout.flush()
    os.execv(program, [str(program), *arguments])


# The environment


def wanted_extras(arguments: list[str]) -> set[str]:
    """What not everybody needs is installed when it is first asked for, and then stays."""
    of_agents = {"mcp"} if arguments[:1] == ["mcp"] else set()
    return of_agents | ({"easypost"} if os.environ.get("RESHIP_EASYPOST_KEY") else set())


def make_environment(*, for_tests: bool, extras: Collection[str] = ()) -> None:
    """Brings `.venv` to what `uv.lock` says; quick when it is there already."""
    if is_current(for_tests=for_tests, extras=extras):
        return
    with alone():
        if is_current(for_tests=for_tests, extras=extras):
            return  # Another run.py made it while we waited.
        with_tests = for_tests or read_stamp().get("tests") is True
        with_extras = sorted({*extras, *read_extras()})
        started = time.monotonic()
        say("Setting up (once; needs the Python package index) …")
        uv = find_uv()
        command = [uv, "sync", "--frozen", "--python", sys.executable, "--no-python-downloads"]
        command += ["--group", "test"] if with_tests else []
        command += [f"--extra={extra}" for extra in with_extras]
        command += [] if sys.stderr.isatty() else ["--quiet"]
        environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
        environment["UV_PROJECT_ENVIRONMENT"] = str(ENVIRONMENT)
        if has_certificates():
            # The machine's own list, which knows a company's proxy; without this uv trusts only what it brings along.
            environment |= {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}
        if subprocess.run(command, cwd=PROJECT, env=environment, check=False).returncode != 0:
            raise Failure("the environment could not be made; the lines above say why")
        STAMP.write_text(json.dumps({"fingerprint": fingerprint(), "tests": with_tests, "extras": with_extras}))
        say(f"Set up in {time.monotonic() - started:.0f} s.")


def is_current(*, for_tests: bool, extras: Collection[str] = ()) -> bool:
    stamp = read_stamp()
    return (
        stamp.get("fingerprint") == fingerprint()
        and (stamp.get("tests") is True or not for_tests)
        and set(extras) <= read_extras()
        and (ENVIRONMENT / "bin/python").exists()
    )


def read_stamp() -> dict[str, object]:
    try:
        return dict(json.loads(STAMP.read_text()))
    except (OSError, ValueError):
        return {}


def read_extras() -> set[str]:
    extras = read_stamp().get("extras")
    return {str(extra) for extra in extras} if isinstance(extras, list) else set()


def fingerprint() -> str:
    """Changes when the environment has to be made again."""
    digest = hashlib.sha256(f"{sys.executable} {sys.version} {PROJECT}".encode())
    for name in ("uv.lock", "pyproject.toml"):
        digest.update((PROJECT / name).read_bytes())
    return digest.hexdigest()


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Two run.py at a time take turns."""
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# uv, which makes the environment


def find_uv() -> str:
    """The path of a uv that is new enough: the machine's, ours from an earlier run, pip's, or the index's."""
    for candidate in (shutil.which("uv"), str(TOOLS / "site/bin/uv"), str(TOOLS / "bin/uv")):
        if candidate is not None and uv_version(candidate) >= OLDEST_UV:
            return candidate
    return uv_by_pip() or uv_from_index()


def uv_version(uv: str) -> tuple[int, ...]:
    """(0,) when it does not run at all."""
    try:
        answer = subprocess.run([uv, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return (0,)
    match = re.match(r"uv (\d+)\.(\d+)", answer)
    return tuple(int(number) for number in match.groups()) if match else (0,)


def uv_by_pip() -> str | None:
    """Debian refuses `pip install` into its own Python, but not `--target`."""
    pip = [sys.executable, "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode != 0:
        return None
    say("Getting uv with pip …")
    quietly = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--upgrade"]
    environment = os.environ | {"PIP_ROOT_USER_ACTION": "ignore"}
    result = subprocess.run(
        [*pip, "install", *quietly, "--target", str(TOOLS / "site"), f"uv>={'.'.join(map(str, OLDEST_UV))}"],
        env=environment,
        check=False,
    )
    uv = str(TOOLS / "site/bin/uv")
    return uv if result.returncode == 0 and uv_version(uv) >= OLDEST_UV else None


def uv_from_index() -> str:
    """Takes the one file out of uv's wheel, whose checksum the index tells."""
    index = configured_index()
    say("Getting uv from the Python package index …")
    wheel = newest_wheel(read_index(index), platform_suffix(platform.system(), platform.machine(), is_musl()))
    content = fetch(urllib.parse.urljoin(f"{index}/uv/", wheel.url))
    if hashlib.sha256(content).hexdigest() != wheel.sha256:
        raise Failure(f"{wheel.name} is not what the index says it is (its SHA-256 differs): nothing was installed")
    uv = TOOLS / "bin/uv"
    uv.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (member,) = (name for name in archive.namelist() if name.endswith(".data/scripts/uv"))
        uv.write_bytes(archive.read(member))
    uv.chmod(0o755)
    if uv_version(str(uv)) < OLDEST_UV:
        raise Failure(f"{wheel.name} does not run on this machine; please install uv and try again")
    return str(uv)


class Wheel(NamedTuple):
    name: str
    url: str
    sha256: str

    @property
    def version(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.name.split("-")[1].split("."))


def newest_wheel(files: list[Wheel], suffix: str) -> Wheel:
    fitting = [wheel for wheel in files if re.fullmatch(rf"uv-[\d.]+-py3-none-{suffix}\.whl", wheel.name)]
    if not fitting:
        raise Failure("the package index has no uv for this machine; please install uv and try again")
    return max(fitting, key=lambda wheel: wheel.version)


def platform_suffix(system: str, machine: str, musl: bool) -> str:
    """The platform part of a wheel's name, as a pattern."""
    machine = {"amd64": "x86_64", "AMD64": "x86_64"}.get(machine, machine)
    if system == "Darwin":
        return rf"macosx_\d+_\d+_{machine}"
    libc = "musllinux_1" if musl else "manylinux_2"
    return rf"(?:\w+\.)*{libc}_\d+_{machine}(?:\.\w+)*"


def is_musl() -> bool:
    return platform.system() == "Linux" and platform.libc_ver()[0] != "glibc"


def read_index(index: str) -> list[Wheel]:
    """The files of uv that were not withdrawn, from an index that answers in JSON or, as old ones do, in HTML."""
    text = fetch(f"{index}/uv/", accept="application/vnd.pypi.simple.v1+json, text/html;q=0.5").decode()
    if text.lstrip().startswith("{"):
        return [
            Wheel(file["filename"], file["url"], file["hashes"]["sha256"])
            for file in json.loads(text)["files"]
            if not file.get("yanked") and "sha256" in file.get("hashes", {})
        ]
    page = IndexPage()
    page.feed(text)
    return page.wheels


class IndexPage(html.parser.HTMLParser):
    """The simple index as a page: one link per file, its checksum behind the #."""

    def __init__(self) -> None:
        super().__init__()
        self.wheels: list[Wheel] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        url, _, checksum = (attributes.get("href") or "").partition("#sha256=")
        if tag == "a" and checksum and "data-yanked" not in attributes:
            self.wheels.append(Wheel(urllib.parse.unquote(url.rpartition("/")[2]), url, checksum))


def configured_index() -> str:
    """Where this machine's owner has packages come from: uv's variable, pip's, pip's file; else the public index."""
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        if os.environ.get(name):
            return os.environ[name].rstrip("/")
    return pip_setting("index-url", os.environ) or PUBLIC_INDEX


def pip_setting(name: str, environment: Mapping[str, str]) -> str | None:
    """A value of pip's configuration files, the most personal one first."""
    home = Path(environment.get("HOME", "/"))
    files = [
        Path(environment.get("PIP_CONFIG_FILE", os.devnull)),
        Path(environment.get("XDG_CONFIG_HOME", home / ".config")) / "pip/pip.conf",
        home / ".pip/pip.conf",
        home / "Library/Application Support/pip/pip.conf",
        Path("/etc/xdg/pip/pip.conf"),
        Path("/etc/pip.conf"),
    ]
    for file in files:
        parser = configparser.RawConfigParser()
        with contextlib.suppress(configparser.Error, OSError):
            parser.read(file)
        if parser.has_option("global", name):
            return parser.get("global", name).strip().rstrip("/")
    return None


def fetch(url: str, accept: str = "*/*") -> bytes:
    """What the URL holds. A name and password in it (private indexes) are sent as such, never shown."""
    parts = urllib.parse.urlsplit(url)
    request = urllib.request.Request(parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl())
    request.add_header("Accept", accept)
    if parts.username is not None:
        secret = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
        request.add_header("Authorization", "Basic " + base64.b64encode(secret.encode()).decode())
    certificates = os.environ.get("PIP_CERT") or pip_setting("cert", os.environ)
    try:
        context = ssl.create_default_context(cafile=certificates)
        with urllib.request.urlopen(request, timeout=60, context=context) as response:
            return bytes(response.read())
    except OSError as error:
        hint = "is this machine online?" if has_certificates() else "please install ca-certificates"
        raise Failure(f"the package index does not answer ({error}); {hint}") from error


def has_certificates() -> bool:
    """Whether this machine has a list of whom to trust; a bare Debian gets one with the package ca-certificates."""
    return bool(ssl.create_default_context().cert_store_stats()["x509_ca"])


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def end_on_sigterm(number: int, frame: object) -> NoReturn:
    """By an exception, which also ends the child that subprocess.run waits for."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    if sys.version_info < (3, 11):
        raise SystemExit(f"Reship needs Python 3.11 or newer; this is {platform.python_version()}.")
    signal.signal(signal.SIGTERM, end_on_sigterm)
    try:
        main(sys.argv[1:])
    except Failure as failure:
        raise SystemExit(f"run.py: {failure}") from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
