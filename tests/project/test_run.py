"""run.py finds or fetches uv on machines of every kind, and passes on what it is told."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import run

pytestmark = pytest.mark.sqlite  # No database is asked.

PAGE = """<!DOCTYPE html><html><body>
<a href="../../files/uv-0.9.1-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl#sha256=aa">uv</a>
<a href="/files/uv-0.13.9-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl#sha256=bb">uv</a>
<a href="/files/uv-0.14.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl#sha256=cc" data-yanked="broken">uv</a>
<a href="/files/uv-0.13.9-py3-none-macosx_11_0_arm64.whl#sha256=dd">uv</a>
<a href="/files/uv-0.13.9.tar.gz#sha256=ee">uv</a>
</body></html>"""


def wheels() -> list[run.Wheel]:
    page = run.IndexPage()
    page.feed(PAGE)
    return page.wheels


@pytest.mark.parametrize(
    ("machine", "checksum"),
    [(("Linux", "x86_64", False), "bb"), (("Linux", "AMD64", False), "bb"), (("Darwin", "arm64", False), "dd")],
)
def test_the_newest_wheel_for_the_machine_is_taken(machine: tuple[str, str, bool], checksum: str) -> None:
    assert run.newest_wheel(wheels(), run.platform_suffix(*machine)).sha256 == checksum


def test_a_machine_without_a_wheel_is_told_so() -> None:
    with pytest.raises(run.Failure, match="no uv for this machine"):
        run.newest_wheel(wheels(), run.platform_suffix("Linux", "riscv64", True))


def an_index(executable: bytes, checksum: str | None = None) -> Callable[..., bytes]:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("uv-9.9.9.data/scripts/uv", executable)
    wheel = content.getvalue()
    suffix = "manylinux_2_17_x86_64"
    file = {
        "filename": f"uv-9.9.9-py3-none-{suffix}.whl",
        "url": "../../uv.whl",
        "hashes": {"sha256": checksum or hashlib.sha256(wheel).hexdigest()},
        "yanked": False,
    }

    def fetch(url: str, accept: str = "") -> bytes:
        return json.dumps({"files": [file]}).encode() if url.endswith("/uv/") else wheel

    return fetch


@pytest.fixture
def linux(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A Linux machine with nothing on it."""
    monkeypatch.setattr(run, "TOOLS", tmp_path)
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr(run, "is_musl", lambda: False)
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr(run, "uv_by_pip", lambda: None)
    return tmp_path


def test_without_uv_and_pip_the_index_gives_uv(linux: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "fetch", an_index(b"#!/bin/sh\necho uv 9.9.9\n"))
    assert run.find_uv() == str(linux / "bin/uv")
    monkeypatch.setattr(run, "fetch", None)
    assert run.find_uv() == str(linux / "bin/uv"), "the second time it is there"


def test_a_wheel_that_is_not_what_the_index_says_is_refused(linux: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "fetch", an_index(b"#!/bin/sh\n", checksum="0" * 64))
    with pytest.raises(run.Failure, match="SHA-256 differs"):
        run.find_uv()
    assert list(linux.iterdir()) == []


def test_an_old_uv_is_passed_over(linux: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = linux / "old"
    old.write_text("#!/bin/sh\necho uv 0.1.0\n")
    old.chmod(0o755)
    monkeypatch.setattr("shutil.which", lambda name: str(old))
    monkeypatch.setattr(run, "uv_by_pip", lambda: "pip's")
    assert run.find_uv() == "pip's"


def test_the_index_is_the_one_that_the_machine_is_configured_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("PIP_CONFIG_FILE", raising=False)
    assert run.configured_index() == run.PUBLIC_INDEX
    (tmp_path / ".pip").mkdir()
    (tmp_path / ".pip/pip.conf").write_text("[global]\nindex-url = https://pip.example/simple/\n")
    assert run.configured_index() == "https://pip.example/simple"
    monkeypatch.setenv("UV_INDEX_URL", "https://uv.example/simple/")
    assert run.configured_index() == "https://uv.example/simple"


@pytest.mark.parametrize(
    ("arguments", "becomes"),
    [
        ([], ["reship", "demo"]),
        (["--port", "8001", "--no-browser"], ["reship", "demo", "--port", "8001", "--no-browser"]),
        (["orders", "--limit", "3"], ["reship", "orders", "--limit", "3"]),
        (["test", "-k", "x"], ["python", "-m", "tests.suite", "-k", "x"]),
        (["bench", "--quick"], ["python", "-m", "bench", "--quick"]),
    ],
)
def test_arguments_are_passed_on(
    arguments: list[str], becomes: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Became(Exception):
        pass

    def become(program: Path, given: list[str]) -> None:
        raise Became([program.name, *given])

    monkeypatch.setattr(run, "make_environment", lambda *, for_tests, extras: None)
    monkeypatch.setattr(run, "become", become)
    with pytest.raises(Became) as became:
        run.main(arguments)
    assert became.value.args == (becomes,)


def test_only_the_standard_library_is_used() -> None:
    code = "import sys; sys.path[:0] = [sys.argv[1]]; import run; print(run.__doc__)"
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(run.PROJECT)], capture_output=True, text=True, check=True
    )
    assert "python3 run.py" in result.stdout
