"""The addresses of receiving, manifests, the returns desk, pull tasks, counts and carriers' labels."""

from django.urls import URLPattern, path

from reship.web import counts, labels, manifests, products, pulling, receiving, returned

_LABEL = "orders/<name:client>/<name:number>/shipments/<name:shipment>/label/"
_MANIFEST = "warehouse/manifests/<name:client>/<name:manifest>/"


def floor_paths() -> list[URLPattern]:
    """Made when the converters of names are known."""
    return [
        path("warehouse/receive/", receiving.receive, name="receive"),
        path("warehouse/receive/list/", receiving.receive_list, name="receive_list"),
        path("warehouse/receive/barcodes/", receiving.barcodes, name="barcodes"),
        path("products/<name:client>/<name:sku>/labels.pdf", products.product_labels, name="product_labels"),
        path("products/<name:client>/<name:sku>/edit/", products.product_edit, name="product_edit"),
        path("warehouse/manifests/", manifests.manifests, name="manifest"),
        path("warehouse/manifests/loading/", manifests.manifest_loading, name="manifest_loading"),
        path("warehouse/manifests/departures/", manifests.manifest_departures, name="manifest_departures"),
        path(_MANIFEST, manifests.manifest_page, name="manifest_page"),
        path(f"{_MANIFEST}closing/", manifests.manifest_close, name="manifest_close"),
        path(f"{_MANIFEST}manifest.pdf", manifests.manifest_pdf, name="manifest_pdf"),
        path("warehouse/returns/", returned.returns, name="returns"),
        path("warehouse/returns/<name:client>/<name:shipment>/", returned.return_inspection, name="return_inspection"),
        path("warehouse/pull-tasks/", pulling.pull_tasks, name="pull_tasks"),
        path("warehouse/pull-tasks/<name:client>/<name:shipment>/done/", pulling.pull_done, name="pull_done"),
        path("warehouse/counts/", counts.counts, name="counts"),
        path("warehouse/counts/entered/", counts.count_entry, name="count_entry"),
        path("warehouse/counts/sheet/", counts.count_sheet_page, name="count_sheet"),
        path(_LABEL, labels.shipment_label, name="shipment_label"),
        path(f"{_LABEL}voiding/", labels.shipment_label_void, name="shipment_label_void"),
    ]
