"""The forms of a person's own account, and of signing in."""

from django import forms

from reship.web.forms import InvitationForm


def _password(label: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=1_000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class PasswordForm(InvitationForm):
    """Another password, for whoever knows the one of now."""

    current = _password("Current password")
    field_order = ("current", "password", "again")

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type] # Passed through.
        self.fields["password"].label = "New password"
        del self.fields["password"].widget.attrs["autofocus"]


class ConfirmForm(forms.Form):
    """The password once more, before something that a passer-by must not do."""

    confirmation = _password("Your password")


class CodeForm(forms.Form):
    """A code of the phone."""

    code = forms.CharField(
        label="Code",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class SecondStepForm(CodeForm):
    """The second step of signing in."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type] # Passed through.
        field = self.fields["code"]
        field.help_text = "The six digits that your phone shows, or one of your recovery codes."
        # A recovery code has letters, so no number pad.
        field.widget.attrs = {"autocomplete": "one-time-code", "autocapitalize": "characters", "autofocus": True}
