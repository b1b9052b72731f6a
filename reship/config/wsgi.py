"""The door through which an application server calls the portal."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reship.config.settings")
application = get_wsgi_application()
