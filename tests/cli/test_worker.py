"""`reship worker` as a process."""

import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from django.contrib.sessions.models import Session
from django.utils import timezone

from tests.databases import RealDatabase

RESHIP = Path(sys.executable).parent / "reship"


def test_it_clears_expired_sessions_and_ends_on_sigterm(real_database: RealDatabase, tmp_path: Path) -> None:
    now = timezone.now()
    for name, expires_at in (("old", now - timedelta(days=1)), ("new", now + timedelta(days=1))):
        Session.objects.create(session_key=name, session_data="", expire_date=expires_at)
    worker = subprocess.Popen(
        [RESHIP, "worker"],
        env=real_database.environment | {"RESHIP_VAR": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout is not None
    assert "no background work yet" in worker.stdout.readline()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0
    worker.stdout.close()
    assert list(Session.objects.values_list("session_key", flat=True)) == ["new"]
