"""Where a long word may go on in the next line."""

import re

from django import template
from django.utils.html import conditional_escape, format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
_JOINT = re.compile("(?=@)|(?<=/)")


@register.filter
def breakable(text: str) -> SafeString:
    """An e-mail or a time zone that breaks before its @ or behind its /, where it has to."""
    return format_html_join(mark_safe("<wbr>"), "{}", ((conditional_escape(part),) for part in _JOINT.split(text)))
