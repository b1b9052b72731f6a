"""The verb behind each deed of a job, in its many form."""

from collections.abc import Callable, Sequence

from reship.errors import Refusal
from reship.fulfilment.cancel import cancelling_orders
from reship.fulfilment.desk import Desk
from reship.fulfilment.hold import HoldRequest, lifting_holds, placing_holds
from reship.fulfilment.place_order import placing_orders
from reship.fulfilment.reship import Reshipped, reshipping
from reship.fulfilment.reship_plan import ReshipRequest
from reship.jobs.asking import JobOptions, JobOrder
from reship.jobs.models import JobDeed

Work = Callable[[Desk], Sequence[object]]


def work_of(options: JobOptions, orders: Sequence[JobOrder]) -> Work:
    """The work that does the deed to these orders, each with an outcome: the verb's result or a refusal."""
    if options.deed == JobDeed.RESHIP:
        return reshipping([_reship_request(options, order) for order in orders])
    if options.deed == JobDeed.CANCEL:
        return cancelling_orders([order.number for order in orders])
    if options.deed == JobDeed.IMPORT:
        return _importing(options, orders)
    if options.deed == JobDeed.HOLD:
        return placing_holds([HoldRequest(order.number, options.hold_kind, note=options.note) for order in orders])
    # Bulk reships place their holds on shipments, and Manage Orders shows and finds those as the order's.
    return lifting_holds([HoldRequest(order.number, options.hold_kind, with_shipments=True) for order in orders])


def _importing(options: JobOptions, orders: Sequence[JobOrder]) -> Work:
    """Places what could be read; what could not is refused as it was then."""
    placing = placing_orders(
        [order.new for order in orders if order.new is not None],
        opening_stock=options.opening_stock,
        makes_products=options.create_products,
        client_lifts_holds=True,
    )

    def work(desk: Desk) -> Sequence[object]:
        outcomes = iter(placing(desk))
        return [order.refused if order.new is None else next(outcomes) for order in orders]

    return work


def shipment_of(outcome: object) -> str:
    """The shipment that the deed made, if it made one."""
    return outcome.shipment if isinstance(outcome, Reshipped) else ""


def warning_of(outcome: object) -> str:
    """The code of what whoever confirms should know before."""
    return outcome.warnings[0].code if isinstance(outcome, Reshipped) and outcome.warnings else ""


def refusal_of(outcome: object) -> Refusal | None:
    return outcome if isinstance(outcome, Refusal) else None


def _reship_request(options: JobOptions, order: JobOrder) -> ReshipRequest:
    return ReshipRequest(
        order_number=order.number,
        source=order.source or None,
        items=order.items,
        reason=options.reason if order.reason is None else order.reason,
        fault=order.fault or (options.fault if order.reason is None else ""),
        note=options.note,
        add_back=options.add_back if order.add_back is None else order.add_back,
        hold=options.hold,
    )
