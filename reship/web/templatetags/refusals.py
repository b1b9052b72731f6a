"""What a template needs to tell a refusal to programs as well: tests, and scripts of whoever automates the portal."""

import json

from django import template

from reship.errors import Refusal

register = template.Library()


@register.filter
def figures_as_json(refusal: Refusal) -> str:
    """The figures, as the API tells them."""
    return json.dumps(refusal.figures)
