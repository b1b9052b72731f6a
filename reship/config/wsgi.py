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


# Only under `reship serve`, which says who it is; another application server has its own ways. A server that was killed
# while its worker was still starting is no longer the parent, and the worker ends at once.
if "RESHIP_SERVED_BY" in os.environ:
    server = int(os.environ["RESHIP_SERVED_BY"])
    threading.Thread(target=_end_with, args=(server,), name="reship-end-with-server", daemon=True).start()
