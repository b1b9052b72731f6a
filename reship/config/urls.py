"""Every address: the portal's pages, and one that tells a machine that the portal answers."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from reship.api import urls as api
from reship.api.catalogue import llms
from reship.web.access import open_to_everybody, open_to_keys


@open_to_everybody
def healthz(request: HttpRequest) -> HttpResponse:
    """Says that the process answers. Asks nothing of the database: a slow query must not look like a dead server."""
    return HttpResponse("ok\n", content_type="text/plain")


for operation in api.urlpatterns:
    open_to_keys(operation.callback)

urlpatterns = [
    path("api/v1/", include(api)),
    # A program should not be sent on for want of a slash.
    path("api/v1", open_to_keys(api.as_the_api(api.start)), name="api"),
    path("llms.txt", open_to_everybody(llms), name="llms"),
    path("healthz", healthz, name="healthz"),
    path("", include("reship.web.urls")),
]
