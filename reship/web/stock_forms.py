"""Forms of the stock pages."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms

from reship.catalog.models import Warehouse
from reship.clients.models import Client
from reship.inventory.queries import LevelFilter, StockState
from reship.web.forms import ListForm, SearchField

_CHANGE = re.compile(r"([+-]?)([0-9]{1,10})", re.ASCII)


class LevelListForm(ListForm):
    """What stands in the address of Stock."""

    q = SearchField(placeholder="SKU or product")
    warehouse = forms.ChoiceField(required=False)
    state = forms.ChoiceField(
        required=False,
        label="Balance",
        choices=[
            ("", "Any"),
            (StockState.AVAILABLE, "Something available"),
            (StockState.NOTHING_AVAILABLE, "Nothing available"),
            (StockState.ALLOCATED, "Something allocated"),
        ],
    )

    def __init__(
        self, data: Any, *, warehouses: Iterable[Warehouse], clients: Iterable[Client], chosen: str = ""
    ) -> None:
        super().__init__(data, clients=clients, chosen=chosen)
        self.fields["warehouse"] = forms.ChoiceField(
            required=False, choices=[("", "All"), *((warehouse.code, warehouse.name) for warehouse in warehouses)]
        )

    @property
    def wanted(self) -> LevelFilter:
        given = self.cleaned_data
        state = StockState(given["state"]) if given["state"] else None
        return LevelFilter(search=given["q"], warehouse=given["warehouse"], state=state)


class DeliveryForm(forms.Form):
    """Goods that arrived. Quantities and names go to the verb as they were typed."""

    client = forms.ChoiceField()
    sku = forms.CharField(label="SKU", max_length=60)
    warehouse = forms.ChoiceField()
    quantity = forms.CharField(max_length=40, widget=forms.TextInput(attrs={"inputmode": "numeric"}))
    reason = forms.CharField(
        required=False,
        label="Delivery note",
        max_length=300,
        help_text="A number or a sentence that stands in the ledger beside the goods.",
    )

    def __init__(
        self,
        data: Any = None,
        *,
        clients: Iterable[Client],
        warehouses: Iterable[Warehouse],
        initial: dict[str, str] | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self.fields["client"] = forms.ChoiceField(choices=[(client.code, client.name) for client in clients])
        self.fields["warehouse"] = forms.ChoiceField(
            choices=[(warehouse.code, f"{warehouse.name} ({warehouse.code})") for warehouse in warehouses]
        )


class AdjustmentForm(forms.Form):
    """A count or a write-off of one level."""

    change = forms.CharField(
        max_length=40,
        help_text="Units more or fewer than the books say: +3 or −2.",
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )
    reason = forms.CharField(max_length=300, help_text="Stands in the ledger for good.")

    def clean_change(self) -> int:
        given = _CHANGE.fullmatch(self.cleaned_data["change"].replace("−", "-").replace(" ", ""))
        if given is None:
            raise forms.ValidationError("Enter a whole number such as +3 or −2.")
        sign, digits = given.groups()
        return -int(digits) if sign == "-" else int(digits)
