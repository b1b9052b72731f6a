"""Nobody meets a barrier: every page, light and dark, wide and narrow, with windows open and with errors shown."""

import re
from collections.abc import Callable
from dataclasses import replace

import pyotp
import pytest
from django.urls import reverse
from django_scopes import scope
from playwright.sync_api import Locator, Page, expect
from pytest_django import DjangoDbBlocker

from reship.channels.models import Shop, ShopMessage, ShopOrder, ShopTracking
from reship.channels.shops import ShopSecrets, ShopSettings, break_shop, connect_shop
from reship.clients.api_keys import NewKey, make_key
from reship.clients.invitations import invitation_path
from reship.clients.models import ApiKey, User
from reship.clients.roles import Role
from reship.fulfilment.add_evidence import add_evidence
from reship.fulfilment.stock import NewProduct, add_product
from reship.jobs.asking import JobOptions, JobOrder
from reship.jobs.make_job import make_job
from reship.jobs.models import Job, JobDeed
from reship.jobs.work import work_to_the_end
from reship.orders.models import HoldKind, Order, Shipment, ShipmentStatus
from reship.web.urls import urlpatterns
from tests.browser.barriers import barriers
from tests.browsing import LivePortal, LiveWorld
from tests.pictures import picture
from tests.stories.steps import actions, open_order, open_window
from tests.webhooks.listening import named_delivery
from tests.world import JANE, new_order

# The same templates show the same rows: looking twice would take a minute more and find nothing else.
pytestmark = pytest.mark.sqlite

NewPage = Callable[..., Page]

KEY = "rsk_0123456789"
SHOP = "ACME-0123456789"
ENDPOINT = "we_0123456789abcdef"
MESSAGE = "msg_0123456789abcdef01234567"
OF_NOBODY = {"sign_in", "invitation"}
ON_THE_FLOOR = {
    "barcodes",
    "batch",
    "batches",
    "count_entry",
    "count_sheet",
    "counts",
    "label",
    "label_zpl",
    "manifest",
    "manifest_close",
    "manifest_departures",
    "manifest_loading",
    "manifest_page",
    "manifest_pdf",
    "pack",
    "pack_begin",
    "pack_rates",
    "pack_restart",
    "packing_slip",
    "pick_list",
    "pick_queue",
    "product_edit",
    "pull_done",
    "pull_tasks",
    "receive",
    "receive_list",
    "return_inspection",
    "returns",
    "warehouse",
}
"""Looked at by test_floor_barriers.py, test_picking_barriers.py and test_by_scans_only.py, with something in them."""
NOT_PAGES = {
    "address_fields",
    "adjustments",
    "answers",
    "bulk_drafts",
    "bulk_edit",
    "bulk_list_template",
    "bulk_lists",
    "client_reasons",
    "client_settings",
    "deliveries",
    "demo_sign_in",
    "evidence",
    "evidence_photo",
    "hold_lift",
    "holds",
    "home",
    "job_cancel",
    "job_confirm",
    "job_exceptions",
    "job_parcels",
    "job_results",
    "job_retry",
    "order_counts",
    "order_imports",
    "order_new_skus",
    "password_change",
    "person_change",
    "person_deactivation",
    "person_invitation",
    "person_reactivation",
    "person_two_step",
    "product_labels",
    "recovery_codes",
    "reports",
    "reshipment_preview",
    "reshipments",
    "reships_report_csv",
    "second_step",
    "session_ends",
    "shipment_edit_preview",
    "shipment_label_void",
    "shipment_skus",
    "shipment_step",
    "shop_changes",
    "shop_hook",
    "shop_pause",
    "shop_resumption",
    "sign_out",
    "two_step_begin",
    "two_step_confirm",
    "two_step_removal",
    "view_deletion",
    "view_name",
    "warehouse_name",
    "webhook_delivery_resends",
    "webhook_disabling",
    "webhook_enabling",
    "webhook_resends",
    "webhook_secret",
    "webhook_tests",
}


@pytest.fixture(scope="module")
def order(live_portal: LivePortal, django_db_blocker: DjangoDbBlocker) -> Order:
    """An order with a lost parcel, a reshipment that is being picked, and a held one that is not; nobody changes it."""
    with django_db_blocker.unblock(), live_portal.database.in_use():
        world = live_portal.world
        for sku in ("JUG", "TRAY"):
            add_product(NewProduct(sku, f"Enamel {sku.lower()}"), client=world.acme, actor=world.otto, at=world.later())
        world.receive(JUG=20, TRAY=20)
        order = world.place(JUG=3, TRAY=1)
        world.ship(f"{order.number}-1", until=ShipmentStatus.LOST, tracking_number="TRACK-1")
        world.reship(order.number, source=f"{order.number}-1", JUG=1)
        world.ship(f"{order.number}-R1", until=ShipmentStatus.PICKING)
        world.reship(order.number, source=f"{order.number}-1", hold=True, note="Wait for the new address.", JUG=1)
        photos, at = [picture()], world.later()
        add_evidence(f"{order.number}-R2", photos, client=world.acme, actor=world.dana, at=at)
        draft_of(world, order.number)
        key = make_key(NewKey("Shop", ["read"]), client=world.acme, actor=world.mara, at=world.later(), address="").key
        ApiKey.objects.filter(pk=key.pk).update(prefix=KEY)
        shop_with_rows(world, order)
        named_delivery(world, ENDPOINT, MESSAGE)
        return order


def shop_with_rows(world: LiveWorld, order: Order) -> None:
    """A broken shop that said what came of nothing, and was told a tracking number."""
    keys = ShopSecrets({"key": "ck_1", "secret": "cs_1"})
    site = ShopSettings("Mugs & more", "https://mugs.example")
    at = world.later()
    shop = connect_shop("woocommerce", site, keys, client=world.acme, actor=world.mara, at=at, address="")
    break_shop(shop.pk, "WooCommerce does not accept our credentials (401).", client=world.acme, at=at)
    with scope(client=world.acme.pk):
        Shop.objects.filter(pk=shop.pk).update(public_id=SHOP)
        of = {"client": world.acme, "shop": shop}
        refused = {"outcome": "REFUSED", "code": "unknown_item", "message": "There is no product “JAR”."}
        ShopMessage.objects.create(**of, message_id="m1", topic="order.created", remote_number="77", at=at, **refused)
        shipment = Shipment.objects.get(number=f"{order.number}-1")
        theirs = ShopOrder.objects.create(**of, remote_id="1", order=order, seen_at=at)
        number = {"departed_at": at, "tracking_number": "TRACK-1", "next_at": at}
        ShopTracking.objects.create(**of, shop_order=theirs, shipment=shipment, **number)


def draft_of(world: LiveWorld, *numbers: str) -> Job:
    """A job with its dry run."""
    options = JobOptions(JobDeed.RESHIP, reason="lost", note="The pallet fell.")
    orders = [JobOrder(number) for number in numbers]
    job = make_job(orders, options, client=world.acme, actor=world.mara, at=world.later())
    return work_to_the_end(job, now=world.later)


ELSEWHERE = NOT_PAGES | OF_NOBODY | ON_THE_FLOOR


@pytest.mark.timeout(900)
def test_no_page_has_a_barrier(order: Order, live_world: LiveWorld, new_page: NewPage) -> None:
    """In one window, because to open one takes as long as to look at what it shows."""
    page = new_page(live_world.ada)
    found: dict[str, list[str]] = {}
    for name in sorted({pattern.name or "" for pattern in urlpatterns} - ELSEWHERE):
        answer = page.goto(address(name, order))
        is_there = answer is not None and answer.status == 200
        found[name] = barriers(page) if is_there else [f"answered with {answer and answer.status}"]
    assert {name: of_page for name, of_page in found.items() if of_page} == {}


def test_the_addresses_that_are_not_looked_at_show_no_page(
    order: Order, live_world: LiveWorld, new_page: NewPage
) -> None:
    requests = new_page(live_world.ada).request
    answers = {name: requests.get(address(name, order), max_redirects=0) for name in sorted(NOT_PAGES)}
    assert [name for name, answer in answers.items() if b"<html" in answer.body()] == []


def test_signing_in_has_no_barrier(page: Page) -> None:
    page.goto("/sign-in/")
    assert barriers(page) == []
    page.get_by_label("E-mail").fill("nobody@example.com")
    page.get_by_label("Password").fill("guessed")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("The e-mail or the password is wrong.")).to_be_visible()
    assert barriers(page) == []


def test_a_second_step_has_no_barrier(live_world: LiveWorld, page: Page) -> None:
    """From its set-up with a QR code and recovery codes to the sign-in that asks for a code."""
    email, password = "sol@acme.example", "four unrelated words here"
    user = User.objects.create_user(email, name="Sol", role=Role.AGENT, client=live_world.acme)
    page.goto(invitation_path(user))
    page.get_by_label("Password").fill(password)
    page.get_by_label("The same again").fill(password)
    page.get_by_role("button", name="Choose this password").click()
    expect(page.get_by_role("heading", name="Manage Orders")).to_be_visible()
    page.goto("/account/")
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    assert barriers(page) == []
    phone = pyotp.TOTP(page.locator(".rs-code").inner_text().replace(" ", ""))
    page.get_by_label("Code", exact=True).fill(phone.now())
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    assert barriers(page) == []
    code = page.locator(".rs-codes code").first.inner_text()
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_text("Turn it off").click()
    page.get_by_label("Your password").fill("guessed")
    page.get_by_role("button", name="Turn off").click()
    expect(page.get_by_text("This is not your password.")).to_be_visible()
    assert barriers(page) == []
    page.context.clear_cookies()
    page.goto("/sign-in/?next=/account/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("This code is wrong")).to_be_visible()
    assert barriers(page) == []
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("9 of your recovery codes are left.")).to_be_visible()


def test_the_pages_about_people_have_no_barrier(live_world: LiveWorld, new_page: NewPage) -> None:
    """The windows that open on them, errors, and what a client's manager reads."""
    page = new_page(live_world.mara)
    page.goto("/people/")
    page.get_by_role("link", name="Invite somebody").click()
    refused(page.get_by_role("dialog"), "Invite")
    assert barriers(page) == []
    page.goto("/clients/ACME/")
    assert barriers(page) == []
    otto = new_page(live_world.otto)
    otto.goto("/clients/ACME/")
    otto.get_by_label("Reason 6", exact=True).fill("No code")
    otto.get_by_role("button", name="Save the reasons").click()
    expect(otto.get_by_role("alert")).to_be_visible()
    assert barriers(otto) == []
    otto.goto("/people/ada@reship.example/")
    assert barriers(otto) == []
    otto.get_by_role("link", name="All clients").click()
    expect(otto.get_by_role("dialog", name="Choose a client")).to_be_visible()
    assert barriers(otto) == []


def test_a_new_endpoint_has_no_barrier(order: Order, live_world: LiveWorld, new_page: NewPage) -> None:
    """From a form that is refused to the page that shows the secret."""
    page = new_page(live_world.mara)
    page.goto("/clients/ACME/webhooks/new/")
    page.get_by_label("Only those that are ticked below").check()
    page.get_by_role("button", name="Add the endpoint").click()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    assert barriers(page) == []
    page.get_by_label("Address").fill("https://shop.example/hook")
    page.get_by_role("checkbox", name="order.copied").check()
    page.get_by_role("button", name="Add the endpoint").click()
    expect(page.get_by_label("Secret of this endpoint")).to_have_value(re.compile("whsec_.+"))
    assert barriers(page) == []


def test_a_new_key_has_no_barrier(order: Order, live_world: LiveWorld, new_page: NewPage) -> None:
    """From a form that is refused to the page that shows the text, and the window that revokes."""
    page = new_page(live_world.mara)
    page.goto("/clients/ACME/keys/new/")
    page.get_by_role("checkbox", name="Read").uncheck()
    page.get_by_role("button", name="Make the key").click()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    assert barriers(page) == []
    page.get_by_label("Name").fill("Help desk")
    page.get_by_role("checkbox", name="Read").check()
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_label("The key")).to_have_value(re.compile("rsk_[0-9a-f]{10}_.+"))
    assert barriers(page) == []
    page.reload()
    expect(page.get_by_role("heading", name="This key was made already")).to_be_visible()
    page.get_by_role("link", name="API keys").last.click()
    page.get_by_role("link", name="Revoke Help desk").click()
    expect(page.get_by_role("dialog").get_by_text("cannot be taken back")).to_be_visible()
    assert barriers(page) == []


def test_an_invitation_has_no_barrier(live_world: LiveWorld, page: Page) -> None:
    user = User.objects.create_user("una@acme.example", name="Una", role=Role.AGENT, client=live_world.acme)
    page.goto(invitation_path(user))
    page.get_by_label("Password").fill("short")
    page.get_by_label("The same again").fill("shorter")
    page.get_by_role("button", name="Choose this password").click()
    expect(page.get_by_text("The two passwords are not the same.")).to_be_visible()
    assert barriers(page) == []
    page.goto(f"{invitation_path(user)[:-2]}/")
    expect(page.get_by_role("heading", name="This invitation is over")).to_be_visible()
    assert barriers(page) == []


@pytest.mark.parametrize(
    "path",
    [
        "/orders/ACME/none/",  # 404
        "/orders/?q=nothing+is+called+this",
        "/orders/?status=NONSENSE",
        "/stock/?q=nothing+is+called+this",
    ],
)
def test_pages_without_what_was_asked_for_have_no_barrier(path: str, live_world: LiveWorld, new_page: NewPage) -> None:
    page = new_page(live_world.dana)
    page.goto(path)
    assert barriers(page) == []


def test_a_viewers_pages_have_no_barrier(order: Order, live_world: LiveWorld, new_page: NewPage) -> None:
    """Locked actions with their reasons, and the page that refuses."""
    page = new_page(live_world.vic)
    open_order(page, order)
    assert barriers(page) == []
    page.goto(address("reshipment_new", order))
    expect(page.get_by_role("heading", name="This was refused")).to_be_visible()
    assert barriers(page) == []


def test_open_menus_have_no_barrier(live_world: LiveWorld, new_page: NewPage) -> None:
    page = new_page(live_world.dana)
    page.goto("/orders/?q=nothing")
    page.get_by_role("navigation", name="Main").get_by_text("Orders", exact=True).click()
    assert barriers(page, part="header") == []
    page.locator("summary", has_text="Signed in as Dana").click()
    assert barriers(page, part="header") == []


def test_the_re_ship_window_has_no_barrier(live_world: LiveWorld, new_page: NewPage) -> None:
    """With everything in it: both choices of add-back, the preview, the question, another address, and errors."""
    order = live_world.place(JUG=2)
    page = new_page(live_world.mara)
    open_order(page, order)
    window = open_window(page)
    assert barriers(page) == []
    window.get_by_role("checkbox", name="Re-ship JUG").check()
    window.get_by_label("Quantity of JUG").fill("3")
    window.get_by_role("checkbox", name="Another address or method").check()
    refused(window, "Re-Ship")
    assert barriers(page) == []


def test_the_toast_after_a_reship_has_no_barrier(live_world: LiveWorld, new_page: NewPage) -> None:
    order = live_world.place(JUG=1)
    live_world.ship(f"{order.number}-1")
    page = new_page(live_world.mara)
    open_order(page, order)
    window = open_window(page)
    window.get_by_role("checkbox", name="Re-ship JUG").check()
    window.get_by_label("Reason").select_option("Damaged")
    window.get_by_role("button", name="Re-Ship", exact=True).click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert barriers(page) == []


def test_the_hold_window_has_no_barrier(live_world: LiveWorld, new_page: NewPage) -> None:
    order = live_world.place(JUG=1)
    live_world.hold(order.number, kind=HoldKind.PAYMENT, note="The invoice is open.")
    page = new_page(live_world.dana)
    open_order(page, order)
    actions(page).get_by_role("link", name="Place hold").click()
    window = page.get_by_role("dialog")
    window.get_by_label("What to hold").select_option(index=0)
    window.get_by_label("Kind of hold").select_option("Payment hold")
    refused(window, "Place hold")
    assert barriers(page) == []


def test_the_edit_window_has_no_barrier(live_world: LiveWorld, new_page: NewPage) -> None:
    """With an address that fits no rule, the stock's preview, errors, and what somebody else changed meanwhile."""
    order = live_world.place_order(
        replace(new_order("", {"MUG": 1}), address=replace(JANE, region=""), placed_at=live_world.later())
    )
    page = new_page(live_world.dana)
    open_order(page, order)
    of_shipment(page, f"{order.number}-1").get_by_role("link", name="Edit").click()
    window = page.get_by_role("dialog")
    window.get_by_label("Quantity of MUG").fill("2")
    expect(window.get_by_role("region", name="Stock, now and after")).to_be_visible()
    assert barriers(page) == []
    live_world.edit(f"{order.number}-1", MUG=3)
    refused(window, "Save")
    expect(window.get_by_text("MUG: 1 → 3 units")).to_be_visible()
    window.get_by_label("Quantity of MUG").fill("0")
    refused(window, "Save")
    assert barriers(page) == []


def test_questions_have_no_barrier(live_world: LiveWorld, new_page: NewPage) -> None:
    order = live_world.place(MUG=1)
    live_world.ship(f"{order.number}-1", until=ShipmentStatus.PICKING)
    dana, pim = new_page(live_world.dana), new_page(live_world.pim)
    open_order(dana, order)
    actions(dana).get_by_role("link", name="Ask the warehouse").click()
    window = dana.get_by_role("dialog")
    refused(window, "Ask")
    assert barriers(dana) == []
    window.get_by_label("What shall be changed").fill("Wrap it, please.")
    window.get_by_role("button", name="Ask").click()
    expect(dana.get_by_text("waits for an answer")).to_be_visible()
    assert barriers(dana) == []
    pim.goto("/questions/")
    pim.get_by_role("link", name=f"Answer about {order.number}-1").click()
    refused(pim.get_by_role("dialog"), "Answer")
    assert barriers(pim) == []


def test_a_new_order_has_no_barrier(live_world: LiveWorld, new_page: NewPage) -> None:
    page = new_page(live_world.dana)
    page.goto("/orders/new/")
    page.get_by_label("SKU of line 1").fill("MUG")
    page.get_by_label("Quantity of line 1").fill("1000")
    expect(page.get_by_role("region", name="Available in each warehouse")).to_be_visible()
    page.get_by_label("Customer", exact=True).fill("Jim Roe")
    page.get_by_label("Country").select_option("Germany")
    expect(page.get_by_label("Postal code (PLZ)")).to_be_visible()
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_text("Postal code (PLZ) is missing.")).to_be_visible()
    assert barriers(page) == []


def test_the_cancel_window_has_no_barrier(order: Order, live_world: LiveWorld, new_page: NewPage) -> None:
    page = new_page(live_world.mara)
    open_order(page, order)
    of_shipment(page, f"{order.number}-R2").get_by_role("link", name="Cancel shipment").click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Cancel shipment")).to_be_visible()
    assert barriers(page) == []


def test_the_pack_window_has_no_barrier(order: Order, live_world: LiveWorld, new_page: NewPage) -> None:
    page = new_page(live_world.pim)
    open_order(page, order)
    actions(page).get_by_role("link", name="Pack", exact=True).click()
    expect(page.get_by_role("dialog").get_by_label("Tracking number")).to_be_visible()
    assert barriers(page) == []


def test_the_windows_of_stock_have_no_barrier(order: Order, live_world: LiveWorld, new_page: NewPage) -> None:
    page = new_page(live_world.otto)
    for deed, quantity, reason in (("Receive", "Quantity", "Delivery note"), ("Adjust", "Change", "Reason")):
        page.goto(address("stock_level", order))
        page.get_by_role("link", name=deed).click()
        window = page.get_by_role("dialog")
        window.get_by_label(quantity).fill("none")
        window.get_by_label(reason).fill("Counted.")
        refused(window, deed)
        assert barriers(page) == []


def test_bulk_edit_and_its_job_have_no_barrier(order: Order, live_world: LiveWorld, new_page: NewPage) -> None:
    """The bar, the panel with an error, a dry run with every warning, and a job with refusals."""
    here = live_world.place(JUG=1)
    page = new_page(live_world.mara)
    page.goto(f"/orders/?q={here.number}")
    page.get_by_role("checkbox", name=f"Tick {here.number}").check()
    assert barriers(page) == []
    page.get_by_role("button", name="Bulk Edit").click()
    refused(page.get_by_role("dialog"), "Update")
    assert barriers(page) == []
    job = draft_of(live_world, here.number, order.number, "none")
    page.goto(f"/jobs/ACME/{job.number}/")
    expect(page.get_by_text("would send two parcels")).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("button", name="Update").click()
    expect(page.get_by_role("button", name="Retry the refused")).to_be_visible()
    assert barriers(page) == []


def test_a_list_that_is_refused_has_no_barrier(live_world: LiveWorld, new_page: NewPage) -> None:
    page = new_page(live_world.otto)
    page.goto("/orders/?q=nothing")
    page.get_by_role("link", name="Upload a list").click()
    refused(page.get_by_role("dialog"), "Upload")
    assert barriers(page) == []


def test_the_keyboard_help_has_no_barrier(live_world: LiveWorld, new_page: NewPage) -> None:
    page = new_page(live_world.dana)
    page.goto("/orders/?q=nothing")
    page.locator("summary", has_text="Signed in as Dana").click()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    assert barriers(page) == []


def refused(window: Locator, deed: str) -> None:
    """Clicks a deed that the window refuses."""
    window.get_by_role("button", name=deed, exact=True).click()
    expect(window.locator("[aria-invalid=true], [role=alert]").first).to_be_visible()


def of_shipment(page: Page, shipment: str) -> Locator:
    return actions(page).get_by_role("list", name=f"Actions of {shipment}")


def address(name: str, order: Order) -> str:
    """A named address with real names in it, that shows little: axe takes long for long tables."""
    (pattern,) = [pattern for pattern in urlpatterns if pattern.name == name]
    names = {
        "client": "ACME",
        "number": order.number,
        "person": "dana@acme.example",
        "shipment": f"{order.number}-R1" if name == "shipment_pack" else f"{order.number}-R2",
        "sku": "TRAY",
        "job": "1",
        "photo": "1",
        "warehouse": "MAIN",
        "view": "Held",
        "key": KEY,
        "shop": SHOP,
        "kind": "shopify",
        "public_id": SHOP,
        "endpoint": ENDPOINT,
        "message": MESSAGE,
    }
    path = reverse(f"web:{name}", kwargs={part: names[part] for part in pattern.pattern.converters})
    return f"{path}?q={order.number if name == 'orders' else 'TRAY'}" if name in {"orders", "stock"} else path
