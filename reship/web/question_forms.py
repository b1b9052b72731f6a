"""Forms of questions: the list's filter, what is asked, and what is answered."""

from django import forms

from reship.fulfilment.ask import LONGEST
from reship.web.forms import ListForm
from reship.web.order_forms import AskingForm


class QuestionListForm(ListForm):
    """What stands in the address of Questions."""

    state = forms.ChoiceField(
        required=False, choices=[("", "Open"), ("answered", "Answered")], widget=forms.HiddenInput
    )

    @property
    def shows_answered(self) -> bool:
        return self.is_valid() and self.cleaned_data["state"] == "answered"


def _text(label: str, help_text: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": "3", "maxlength": str(LONGEST), "autofocus": True}),
    )


class AskForm(AskingForm):
    text = _text("What shall be changed", "Whoever packs the parcel reads it on the screen.")


class AnswerForm(AskingForm):
    answer = _text("Answer", "Stands on the order and in its history.")
