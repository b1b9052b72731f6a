"""WHAT and WHERE: the things that are stocked, and the buildings that stock them."""

from django.db import models
from django.db.models import Q

from reship.database.tenancy import Tenant, tenant_constraints


class Warehouse(models.Model):
    """A building of the fulfilment company; every client's goods may lie in it. A reference row."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.code


class Product(Tenant):
    """A thing that is stocked, known by its SKU within its client, and to a scanner by its barcode, if it has one.

    `unit_cost` is what one unit costs the client, in the client's currency.
    """

    sku = models.CharField(max_length=60)
    name = models.CharField(max_length=300)
    barcode = models.CharField(max_length=60, blank=True)
    unit_cost = models.DecimalField(max_digits=14, decimal_places=4, default=0)

    class Meta(Tenant.Meta):
        constraints = [
            *tenant_constraints("product"),
            models.UniqueConstraint(fields=["client", "sku"], name="product_client_sku"),
            models.UniqueConstraint(
                fields=["client", "barcode"], name="product_client_barcode", condition=~Q(barcode="")
            ),
        ]

    def __str__(self) -> str:
        return self.sku
