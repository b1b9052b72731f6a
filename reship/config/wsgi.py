"""The door through which an application server calls the portal."""

import gc
import os

from django.core.wsgi import get_wsgi_application

from reship.cli.parent import end_with_server

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reship.config.settings")
application = get_wsgi_application()
# What is loaded by now stays loaded: looking through it for rubbish took some 50 ms from somebody's page.
gc.collect()
gc.freeze()
# Only under `reship serve`, which says who it is; another application server has its own ways.
end_with_server()
