"""Forms: what is kind to a person. What is right is decided by the verbs."""

from django import forms


class SignInForm(forms.Form):
    email = forms.EmailField(
        label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        max_length=1_000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class InvitationForm(forms.Form):
    password = forms.CharField(
        label="Password",
        max_length=1_000,
        strip=False,
        help_text="At least 12 characters; three or four unrelated words are good.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "autofocus": True}),
    )
    again = forms.CharField(
        label="The same again",
        max_length=1_000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> None:
        first, again = self.cleaned_data.get("password"), self.cleaned_data.get("again")
        if first and again and first != again:
            self.add_error("again", "The two passwords are not the same.")
