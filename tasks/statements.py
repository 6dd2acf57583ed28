"""The statements of one batch, built once: each writes for all its cases at a time."""

from typing import Final

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import Insert

from models.columns import table_of
from models.consent import Consent
from models.inbox import InboxEvent
from models.notice import Notice, SetAside
from models.outbox import Letter
from models.referral import Milestone, Referral
from models.transition import Transition

INSERT_REFERRALS: Final[Insert] = insert(table_of(Referral))
INSERT_TRANSITIONS: Final[Insert] = insert(table_of(Transition))
INSERT_LETTERS: Final[Insert] = insert(table_of(Letter))
INSERT_CONSENTS: Final[Insert] = insert(table_of(Consent))
INSERT_MILESTONES: Final[Insert] = insert(table_of(Milestone)).on_conflict_do_nothing()
INSERT_EVENTS: Final[Insert] = insert(table_of(InboxEvent)).on_conflict_do_nothing()
INSERT_NOTICES: Final[Insert] = insert(table_of(Notice)).on_conflict_do_nothing()
INSERT_SET_ASIDE: Final[Insert] = insert(table_of(SetAside)).on_conflict_do_nothing()

UPDATE_REFERRAL: Final = (
    table_of(Referral)
    .update()
    .where(table_of(Referral).c.id == bindparam("key"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in (
                "state",
                "outcome",
                "outcome_at",
                "reason",
                "heard_at",
                "reference",
                "waits_for",
                "rule",
                "basis",
                "basis_cite",
                "items",
                "redirect_to",
                "proposed_program",
            )
        }
    )
)

NEXT_NUMBERS: Final = text("""
    INSERT INTO number_series (kind, year, last) VALUES (:kind, :year, :count)
    ON CONFLICT (kind, year) DO UPDATE SET last = number_series.last + excluded.last
    RETURNING last
""")

SETTLE_EVENTS: Final = text("""
    UPDATE inbox_event SET fate = :fate, fate_reason = :reason, fate_at = :now WHERE id = ANY(:ids)
""")

#: Words that no road led from: once the referral has moved, one may.
UNPARK_EARLY: Final = text("""
    UPDATE inbox_event SET fate = 'waiting', fate_reason = NULL, fate_at = NULL
    WHERE fate = 'parked' AND fate_reason = 'no_road' AND referral_number = ANY(:numbers) AND desk IS NOT NULL
    RETURNING id, desk
""")

#: A referral that was to be given up and was not.
UNDO_EXPIRY: Final = text("""
    DELETE FROM follow_up_step
    WHERE referral_id = :referral AND deadline = :deadline AND due_at = :due_at AND does = 'expire'
""")

#: An agency that speaks of a referral has its letter: do not send it again.
PROVEN: Final = text("""
    UPDATE letter SET state = 'sent', settled_at = :now, last_problem = NULL
    FROM unnest(CAST(:referrals AS uuid[]), CAST(:moments AS timestamptz[])) AS told (referral, at)
    WHERE referral_id = told.referral AND type = 'referral.requested' AND state = 'waiting' AND attempts > 0
      AND first_try_at <= told.at
""")

#: What nobody may have any more does not leave, or not again; a try under way counts for nothing then.
STOP_LETTERS: Final = text("""
    UPDATE letter SET state = 'withdrawn', settled_at = :now, leased_until = NULL, leased_by = NULL
    WHERE referral_id = ANY(:referrals) AND state IN ('waiting', 'with_person')
      AND type IN ('referral.requested', 'referral.amended')
    RETURNING referral_id, type, attempts
""")

UPDATE_JOURNEY: Final = text(
    "UPDATE journey SET facts = CAST(:facts AS jsonb), needs = CAST(:needs AS jsonb),"
    " dormant_since = :dormant_since, dormant_reason = :dormant_reason WHERE id = :id"
)

WITHDRAW_CONSENTS: Final = text("""
    UPDATE consent SET withdrawn_at = :now FROM journey
    WHERE journey.id = :journey AND consent.client_id = journey.client_id
      AND consent.recipient IS NOT DISTINCT FROM CAST(:recipient AS text) AND consent.withdrawn_at IS NULL
""")

PEOPLE: Final = text("""
    SELECT journey.id, client.name, client.birth_date, client.sex, client.phone, client.address, client.address_secret
    FROM journey JOIN client ON client.id = journey.client_id WHERE journey.id = ANY(:journeys)
""")

CLIENTS: Final = text("SELECT id, client_id FROM journey WHERE id = ANY(:journeys)")

#: Told anew of a letter that went out again, what was settled is open again.
TELL_ANEW: Final = text("""
    INSERT INTO notice (id, journey_id, desk, code, about, detail, key, by_rule, raised_at)
    VALUES (:id, :journey_id, :desk, :code, :about, :detail, :key, false, :raised_at)
    ON CONFLICT (key) DO UPDATE
    SET detail = excluded.detail, raised_at = excluded.raised_at,
        settled_at = NULL, settled_by = NULL, settled_why = NULL
    WHERE notice.settled_at IS NOT NULL
""")
