"""An agency as this installation knows it: its endpoint, its keys, and the health of its line."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary, String, Text
from sqlmodel import Field

from models.columns import Row, words
from models.vocabulary import BreakerState


class Agency(Row, table=True):
    """A catalog agency that has been connected."""

    code: str = Field(primary_key=True, sa_type=String(64))
    #: Where letters go; None for an agency that is only mirrored.
    url: str | None = Field(default=None, sa_type=Text)
    added_at: datetime


class AgencyKey(Row, table=True):
    """A signing key shared with an agency; two may live at once while one takes over from the other."""

    id: UUID = Field(primary_key=True)
    agency: str = Field(foreign_key="agency.code", index=True, sa_type=String(64))
    #: inbound (the agency signs) | outbound (the center signs)
    direction: str = Field(sa_type=String(8))
    #: The key as text (`whsec_…`, `whpk_…`, `whsk_…`), sealed with the installation's master key.
    sealed: bytes = Field(sa_type=LargeBinary)
    created_at: datetime
    #: After this moment it opens nothing and signs nothing.
    retires_at: datetime | None = None


class EndpointHealth(Row, table=True):
    """The breaker of an agency's endpoint, shared by every machine."""

    agency: str = Field(primary_key=True, foreign_key="agency.code", sa_type=String(64))
    breaker: BreakerState = Field(default=BreakerState.CLOSED, sa_type=words(BreakerState))
    failures: int = 0
    opened_at: datetime | None = None
    #: Set when the endpoint answered 410: a person must give a new address.
    disabled_at: datetime | None = None
    #: Set when the endpoint answered 401 or 403: keys disagree.
    credential_alarm_at: datetime | None = None
    changed_at: datetime
