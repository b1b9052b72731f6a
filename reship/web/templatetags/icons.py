"""An icon as pages show it. A page has forty, so each is composed once in the life of the process."""

from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
@lru_cache(1_000, typed=True)  # What is marked as safe is not what only reads like it.
def icon(name: str, label: str, large: bool | str, for_theme: str) -> SafeString:
    """`label` is what it says to those who do not see it; without one it is decoration."""
    return format_html(
        '<svg class="rs-icon{}"{} {} focusable="false"><use href="{}#{}"></use></svg>',
        " rs-icon-large" if large else "",
        format_html(' data-for="{}"', for_theme) if for_theme else "",
        format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"'),
        static("web/vendor/lucide/icons.svg"),
        name,
    )
