"""The carrier that Reship cannot talk to: somebody types what its label says, and the house prints its own."""

from collections.abc import Sequence

from reship.carriers.port import NOTHING, BoughtLabel, Consignment, Rate
from reship.fulfilment.track import Tracked


class Manual:
    """Has no rates, sells nothing and cannot be asked."""

    code = "manual"
    name = "By hand"
    sells = False
    can_track = False

    def rates(self, consignment: Consignment) -> Sequence[Rate]:
        return ()

    def buy(self, consignment: Consignment, quote: str) -> BoughtLabel:
        return BoughtLabel("", carrier="", service="", tracking_number="", cost=NOTHING)

    def void(self, reference: str) -> None:
        """Whoever bought it gives it back where it was bought."""

    def track(self, tracking_number: str) -> Sequence[Tracked]:
        return ()
