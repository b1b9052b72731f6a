"""The pages of the portal: nouns, and below them the nouns that are created."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path

from reship.clients.roles import Right
import reship.name_paths  # noqa: F401 (says what <name:…> is)
from reship.web import (
    account,
    activity,
    address_part,
    bulk_edit,
    bulk_lists,
    chosen_client,
    clients,
    evidence,
    floor_home,
    floor_pack,
    floor_papers,
    floor_pick,
    holds,
    jobs,
    keys,
    new_order,
    order_details,
    order_imports,
    order_views,
    orders,
    people,
    questions,
    reports,
    reshipments,
    shipments,
    shop_hooks,
    sign_in,
    stock,
    warehouses,
)
from reship.web.access import PortalRequest, needs
from reship.web.floor_paths import floor_paths


@needs(Right.VIEW)
def home(request: PortalRequest) -> HttpResponse:
    return redirect(sign_in.first_page(request.user))


app_name = "web"
CLIENT = "clients/<name:client>/"
KEY = f"{CLIENT}keys/<name:key>/"
PERSON = "people/<name:person>/"
ORDER = "orders/<name:client>/<name:number>/"
SHIPMENT = f"{ORDER}shipments/<name:shipment>/"
JOB = "jobs/<name:client>/<name:job>/"
LEVEL = "stock/<name:client>/<name:sku>/<name:warehouse>/"
BATCH = "warehouse/batches/<name:client>/<name:batch>/"
PARCEL = "warehouse/pack/<name:client>/<name:shipment>/"
urlpatterns: list[URLPattern] = [
    path("", home, name="home"),
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-in/code/", sign_in.second_step, name="second_step"),
    path("sign-in/demo/", sign_in.demo_sign_in, name="demo_sign_in"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("invitations/<name:uid>/<name:token>/", sign_in.invitation, name="invitation"),
    path("account/", account.account, name="account"),
    path("account/password/", account.password_change, name="password_change"),
    path("account/two-step/", account.two_step_begin, name="two_step_begin"),
    path("account/two-step/confirmation/", account.two_step_confirm, name="two_step_confirm"),
    path("account/two-step/removal/", account.two_step_removal, name="two_step_removal"),
    path("account/recovery-codes/", account.recovery_codes, name="recovery_codes"),
    path("account/sessions/ended/", account.session_ends, name="session_ends"),
    path("client/", chosen_client.client_switch, name="client_switch"),
    path("people/", people.people, name="people"),
    path("people/new/", people.person_new, name="person_new"),
    path(PERSON, people.person, name="person"),
    path(f"{PERSON}changes/", people.person_change, name="person_change"),
    path(f"{PERSON}deactivation/", people.person_deactivation, name="person_deactivation"),
    path(f"{PERSON}reactivation/", people.person_reactivation, name="person_reactivation"),
    path(f"{PERSON}invitations/", people.person_invitation, name="person_invitation"),
    path(f"{PERSON}two-step/reset/", people.person_two_step, name="person_two_step"),
    path("activity/", activity.activity, name="activity"),
    path("hooks/<name:kind>/<name:public_id>/", shop_hooks.shop_hook, name="shop_hook"),
    path("clients/", clients.clients, name="clients"),
    path("clients/new/", clients.client_new, name="client_new"),
    path(CLIENT, clients.client, name="client"),
    path(f"{CLIENT}settings/", clients.client_settings, name="client_settings"),
    path(f"{CLIENT}reasons/", clients.client_reasons, name="client_reasons"),
    path(f"{CLIENT}keys/", keys.keys, name="keys"),
    path(f"{CLIENT}keys/new/", keys.key_new, name="key_new"),
    path(f"{KEY}successors/", keys.key_successors, name="key_successors"),
    path(f"{KEY}revocation/", keys.key_revocation, name="key_revocation"),
    path("warehouses/", warehouses.warehouses, name="warehouses"),
    path("warehouses/<name:warehouse>/name/", warehouses.warehouse_name, name="warehouse_name"),
    path("orders/", orders.orders, name="orders"),
    path("orders/new/", new_order.order_new, name="order_new"),
    path("orders/new/skus/", new_order.order_new_skus, name="order_new_skus"),
    path("orders/counts/", orders.order_counts, name="order_counts"),
    path("orders/imports/new/", order_imports.order_import_new, name="order_import_new"),
    path("orders/imports/", order_imports.order_imports, name="order_imports"),
    path("views/", order_views.views, name="views"),
    path("views/new/", order_views.view_new, name="view_new"),
    path("views/<name:view>/name/", order_views.view_name, name="view_name"),
    path("views/<name:view>/deletion/", order_views.view_deletion, name="view_deletion"),
    path(ORDER, order_details.order, name="order"),
    path(f"{ORDER}reshipments/new/", reshipments.reshipment_new, name="reshipment_new"),
    path(f"{ORDER}reshipments/preview/", reshipments.reshipment_preview, name="reshipment_preview"),
    path(f"{ORDER}reshipments/", reshipments.reshipments, name="reshipments"),
    path(f"{ORDER}holds/new/", holds.hold_new, name="hold_new"),
    path(f"{ORDER}holds/", holds.holds, name="holds"),
    path(f"{ORDER}holds/lifted/", holds.hold_lift, name="hold_lift"),
    path(f"{SHIPMENT}edit/", shipments.shipment_edit, name="shipment_edit"),
    path(f"{SHIPMENT}edit/preview/", shipments.shipment_edit_preview, name="shipment_edit_preview"),
    path(f"{SHIPMENT}skus/", shipments.shipment_skus, name="shipment_skus"),
    path(f"{SHIPMENT}steps/", shipments.shipment_step, name="shipment_step"),
    path(f"{SHIPMENT}packing/", shipments.shipment_pack, name="shipment_pack"),
    path(f"{SHIPMENT}photos/", evidence.evidence, name="evidence"),
    path(f"{SHIPMENT}photos/<name:photo>/", evidence.evidence_photo, name="evidence_photo"),
    path(f"{SHIPMENT}cancellation/", shipments.shipment_cancel, name="shipment_cancel"),
    path(f"{SHIPMENT}questions/", questions.shipment_questions, name="shipment_questions"),
    path(f"{SHIPMENT}answers/", questions.answers, name="answers"),
    path("address-fields/", address_part.address_fields, name="address_fields"),
    path("questions/", questions.questions, name="questions"),
    path("bulk-edit/", bulk_edit.bulk_edit, name="bulk_edit"),
    path("bulk-edit/drafts/", bulk_edit.bulk_drafts, name="bulk_drafts"),
    path("bulk-edit/lists/new/", bulk_lists.bulk_list_new, name="bulk_list_new"),
    path("bulk-edit/lists/template.csv", bulk_lists.bulk_list_template, name="bulk_list_template"),
    path("bulk-edit/lists/", bulk_lists.bulk_lists, name="bulk_lists"),
    path("jobs/", jobs.jobs, name="jobs"),
    path(JOB, jobs.job, name="job"),
    path(f"{JOB}confirmation/", jobs.job_confirm, name="job_confirm"),
    path(f"{JOB}cancellation/", jobs.job_cancel, name="job_cancel"),
    path(f"{JOB}exceptions/", jobs.job_exceptions, name="job_exceptions"),
    path(f"{JOB}parcels/", jobs.job_parcels, name="job_parcels"),
    path(f"{JOB}retries/", jobs.job_retry, name="job_retry"),
    path(f"{JOB}results.csv", jobs.job_results, name="job_results"),
    path("warehouse/", floor_home.warehouse, name="warehouse"),
    path("warehouse/pick-queue/", floor_pick.pick_queue_page, name="pick_queue"),
    path("warehouse/batches/", floor_pick.batches, name="batches"),
    path(BATCH, floor_pick.batch, name="batch"),
    path(f"{BATCH}pick-list.pdf", floor_pick.pick_list, name="pick_list"),
    path("warehouse/pack/", floor_pack.pack, name="pack"),
    path(f"{PARCEL}begin/", floor_pack.pack_begin, name="pack_begin"),
    path(f"{PARCEL}restart/", floor_pack.pack_restart, name="pack_restart"),
    path(f"{PARCEL}rates/", floor_pack.pack_rates, name="pack_rates"),
    path(f"{PARCEL}packing-slip.pdf", floor_papers.packing_slip, name="packing_slip"),
    path(f"{PARCEL}label.pdf", floor_papers.label, name="label"),
    path(f"{PARCEL}label.zpl", floor_papers.label_zpl, name="label_zpl"),
    path("reports/", reports.reports, name="reports"),
    path("reports/reships/", reports.reships_report, name="reships_report"),
    path("reports/reships.csv", reports.reships_report_csv, name="reships_report_csv"),
    path("stock/", stock.stock, name="stock"),
    path("stock/deliveries/new/", stock.delivery_new, name="delivery_new"),
    path("stock/deliveries/", stock.deliveries, name="deliveries"),
    *floor_paths(),
    path(LEVEL, stock.stock_level, name="stock_level"),
    path(f"{LEVEL}adjustments/new/", stock.adjustment_new, name="adjustment_new"),
    path(f"{LEVEL}adjustments/", stock.adjustments, name="adjustments"),
]
