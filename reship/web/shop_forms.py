"""The form of a shop. It shows what was typed, but never a secret; the verbs judge it."""

from collections.abc import Mapping
from typing import Any

from django import forms

from reship.catalog.models import Warehouse
from reship.channels.models import Shop, ShopKind
from reship.channels.shops import ShopSecrets, ShopSettings, methods_as_text
from reship.errors import Refusal
from reship.web.order_forms import AskingForm


def _text(label: str, longest: int, help_text: str, *, required: bool = False, **attributes: str) -> forms.CharField:
    attrs = {"maxlength": str(longest), "autocomplete": "off", **attributes}
    return forms.CharField(label=label, required=required, help_text=help_text, widget=forms.TextInput(attrs=attrs))


def _secret(label: str, help_text: str, *, required: bool = False) -> forms.CharField:
    attrs = {"maxlength": "500", "autocomplete": "new-password", "spellcheck": "false"}
    return forms.CharField(label=label, required=required, help_text=help_text, widget=forms.PasswordInput(attrs=attrs))


class ShopForm(AskingForm):
    """What is the same for all kinds. A change leaves the secrets empty to keep those that there are."""

    name = _text("Name", 100, "How it is called here; history shows it.", required=True)
    address = _text("Address", 200, "", required=True)
    warehouse = forms.ChoiceField(required=False, help_text="Where its orders are picked.")
    number_prefix = _text("Prefix of order numbers", 20, "For a second shop with the same numbers, such as EU-.")
    method = _text("Method of all other orders", 60, "Empty: as the shop calls it.")
    methods = forms.CharField(
        label="Shipping methods",
        required=False,
        help_text="One a line: what the shop calls it = what we call it.",
        widget=forms.Textarea(attrs={"rows": "4", "spellcheck": "false"}),
    )
    webhook_secret = _secret("Secret of the webhooks", "")
    fields_of_codes = {"shop_exists": "address", "unknown_warehouse": "warehouse"}
    credentials: tuple[str, ...] = ()

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, warehouses: list[Warehouse], shop: Shop | None = None
    ) -> None:
        initial: dict[str, Any] = {"paid_only": True}
        if shop is not None:
            initial = {name: getattr(shop, name) for name in ("name", "address", "number_prefix", "method")}
            initial["warehouse"] = shop.warehouse.code if shop.warehouse else ""
            initial["methods"] = methods_as_text(shop)
        super().__init__(data, initial=initial)
        self.is_new = shop is None
        self.paid_only = self.is_ticked("paid_only") if data is not None else (shop is None or shop.paid_only)
        choice = self.fields["warehouse"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [("", "The main one"), *((each.code, each.name) for each in warehouses)]
        for name in self.credentials:
            self.fields[name].help_text = (
                self.fields[name].help_text if self.is_new else "Empty keeps the one there is."
            )
        if not self.is_new:
            self.fields["webhook_secret"].help_text = "Empty keeps the one there is."

    @property
    def wanted(self) -> ShopSettings:
        return ShopSettings(
            name=self.typed("name"),
            address=self.typed("address"),
            warehouse=self.typed("warehouse"),
            number_prefix=self.typed("number_prefix"),
            method=self.typed("method"),
            methods=self.typed("methods"),
            paid_only=self.is_ticked("paid_only"),
        )

    @property
    def secrets(self) -> ShopSecrets:
        return ShopSecrets({name: self.typed(name) for name in self.credentials}, self.typed("webhook_secret"))

    def credential_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.credentials]

    def field_of(self, refusal: Refusal) -> str:
        if refusal.code == "invalid_shop":
            name = str(refusal.figures.get("field", ""))
            return self.credentials[0] if name == "credentials" else name if name in self.fields else ""
        return super().field_of(refusal)


class ShopifyForm(ShopForm):
    """With either a token, or the id and secret of an app."""

    token = _secret(
        "Admin API access token", "Of an app made in the shop's admin before 2026; of a newer one, its ID and secret."
    )
    client_id = _text("Client ID", 500, "Of an app from the Dev Dashboard.")
    client_secret = _secret("Client secret", "")
    credentials = ("token", "client_id", "client_secret")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["address"].help_text = "Its permanent name, such as my-shop.myshopify.com."
        if self.is_new:
            self.fields[
                "webhook_secret"
            ].help_text = (
                "With which Shopify signs: the app's client secret, or the one below the list of webhooks in its admin."
            )


class WooCommerceForm(ShopForm):
    """With a REST API key."""

    key = _secret("Consumer key", "From WooCommerce, Settings, Advanced, REST API; it reads and writes.", required=True)
    secret = _secret("Consumer secret", "", required=True)
    credentials = ("key", "secret")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["address"].help_text = "Of the site, such as https://shop.example."
        if self.is_new:
            self.fields["webhook_secret"].help_text = "Empty: we make one, and show it on the next page."


FORMS: dict[str, type[ShopForm]] = {ShopKind.SHOPIFY: ShopifyForm, ShopKind.WOOCOMMERCE: WooCommerceForm}
