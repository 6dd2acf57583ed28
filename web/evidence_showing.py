"""How papers that a client handed in are shown: kind, days, and whether they are good; never what is in them."""

from datetime import date

from catalog import Catalog
from tasks.evidence import Noted
from web.views import EvidenceView, LabelView


def view_of(noted: Noted, catalog: Catalog, today: date) -> EvidenceView:
    """Return a paper as it stands today (Asia/Seoul)."""
    kind = catalog.evidence.get(noted.kind)
    return EvidenceView(
        id=noted.id,
        kind=noted.kind,
        label=None if kind is None else LabelView(ko=kind.label.ko, en=kind.label.en),
        referral=noted.referral,
        received_on=noted.received_on,
        valid_until=noted.valid_until,
        good=noted.valid_until >= today,
    )
