"""The door through which an application server calls the portal."""

import os
import threading
import time

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reship.config.settings")
application = get_wsgi_application()


def _end_with(server: int) -> None:
    """A server that is killed outright cannot end its workers, which would keep its port for ever."""
    while os.getppid() == server:
        time.sleep(0.5)
    os._exit(1)


# Only under `reship serve`, which says who it is; another application server has its own ways.
if os.environ.get("RESHIP_SERVED_BY") == str(os.getppid()):
    threading.Thread(target=_end_with, args=(os.getppid(),), name="reship-end-with-server", daemon=True).start()
