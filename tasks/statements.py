"""The statements of one batch, built once: each writes for all its cases at a time."""

from typing import Final

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import Insert

from models.columns import table_of
from models.consent import Consent
from models.database import BELL
from models.documents import GIVEN, into
from models.inbox import InboxEvent
from models.notice import Notice
from models.outbox import Letter
from tasks.agenda import TOUCH
from tasks.early import LOCK_NUMBERS, TAKE_UP
from tasks.noticing import GONE
from tasks.screenings import KEEP
from tasks.settling import settle_gone

INSERT_LETTERS: Final[Insert] = insert(table_of(Letter))
INSERT_CONSENTS: Final[Insert] = insert(table_of(Consent))
INSERT_EVENTS: Final[Insert] = insert(table_of(InboxEvent)).on_conflict_do_nothing()
INSERT_NOTICES: Final[Insert] = insert(table_of(Notice)).on_conflict_do_nothing()


#: What a desk may change of a referral.
STANDING: Final = (
    *("state", "outcome", "outcome_at", "reason", "heard_at", "reference", "waits_for", "rule", "basis", "basis_cite"),
    *("items", "redirect_to", "proposed_program", "application_date"),
)
_BORN: Final = (
    *("id", "number", "journey_id", "client_id", "desk", "program", "agency", "predecessor_id"),
    *("created_at", *STANDING),
)
_TRANSITION: Final = (
    *("referral_id", "sequence", "start", "event", "end", "lane", "milestone", "outcome", "reason", "cause", "who"),
    *("occurred_at", "recorded_at", "shift", "flow_run_id", "previous_hash", "hash"),
)
_MILESTONE: Final = ("referral_id", "lane", "code", "occurred_at", "recorded_at", "cause")
_LETTER: Final = (
    *("id", "desk", "journey_id", "referral_id", "referral_number", "agency", "type", "about", "cause", "sequence"),
    *("body", "state", "created_at", "next_attempt_at", "attempts", "lease", "settled_at"),
)
_EVENT: Final = (
    *("id", "desk", "journey_id", "source", "source_id", "word", "data", "occurred_at", "received_at", "digest"),
    *("fate", "fate_reason", "fate_at"),
)
_NOTICE: Final = ("id", "journey_id", "desk", "code", "about", "detail", "key", "by_rule", "raised_at")
_ASIDE: Final = ("journey_id", "desk", "reason", "detail", "event_id", "since")
#: What the rows of `WRITE`'s document hold; PostgreSQL itself passes over what it knows no column for.
COLUMNS: Final = {
    "referrals": frozenset(_BORN),
    "transitions": frozenset(_TRANSITION),
    "milestones": frozenset(_MILESTONE),
    "letters": frozenset(_LETTER),
    "events": frozenset(_EVENT),
    "notices": frozenset(_NOTICE),
    "aside": frozenset(_ASIDE),
}
_QUIETLY: Final = "ON CONFLICT DO NOTHING"

#: Changes the referrals `:ids` to what the rows of `:given` (JSON) hold.
UPDATE_REFERRALS: Final = text(f"""
    UPDATE referral SET ({", ".join(STANDING)}) = ROW ({", ".join(f"given.{name}" for name in STANDING)})
    FROM jsonb_populate_recordset(CAST(NULL AS referral), CAST(CAST(:given AS text) AS jsonb)) AS given
    WHERE referral.id = given.id AND referral.id = ANY(CAST(:ids AS uuid[]))
""")  # noqa: S608 - our own words

#: Writes what a batch came to, out of one JSON document: for each table, its rows. Nothing here reads what is written
#: here.
WRITE: Final = text(f"""
    WITH {GIVEN},
    {into("referral", "referrals", _BORN)},
    {into("transition", "transitions", _TRANSITION)},
    {into("milestone", "milestones", _MILESTONE, _QUIETLY)},
    {into("letter", "letters", _LETTER)},
    {into("inbox_event", "events", _EVENT, _QUIETLY)},
    {into("notice", "notices", _NOTICE, _QUIETLY)},
    {into("set_aside", "aside", _ASIDE, _QUIETLY)},
    screened AS ({KEEP}),
    looked_at AS ({TOUCH}),
    gone AS ({settle_gone("desk", GONE)}),
    heard AS (
        UPDATE inbox_event SET fate = told.fate, fate_reason = told.reason, fate_at = :now
        FROM given, jsonb_to_recordset(given.doc -> 'fates') AS told (id bigint, fate text, reason text)
        -- Named twice: of the document's rows PostgreSQL expects a hundred, and would read the whole table for them.
        WHERE inbox_event.id = told.id AND inbox_event.id = ANY(CAST(:heard AS bigint[]))
    ),
    -- An agency that speaks of a referral has its letter: it is not sent again. In the order in which they are settled.
    proven AS (
        UPDATE letter SET state = 'sent', settled_at = :now, leased_until = NULL, leased_by = NULL, last_problem = NULL
        WHERE id IN (
            SELECT letter.id
            FROM given, jsonb_to_recordset(given.doc -> 'proven') AS told (referral uuid, at timestamptz)
            JOIN letter ON letter.referral_id = told.referral
            WHERE letter.type = 'referral.requested' AND letter.state = 'waiting' AND letter.attempts > 0
              AND letter.first_try_at <= told.at
            ORDER BY letter.id FOR NO KEY UPDATE OF letter
        )
    ),
    locked AS ({LOCK_NUMBERS})
    SELECT count(*) FROM locked
""")  # noqa: S608 - our own words

#: After `WRITE`, which has locked the numbers: lets early words be heard now that their referrals are there or have
#: moved, and rings.
WAKE: Final = text(f"""
    WITH taken AS ({TAKE_UP}),
    woken AS (
        UPDATE inbox_event SET fate = 'waiting', fate_reason = NULL, fate_at = NULL
        WHERE fate = 'parked' AND fate_reason = 'no_road' AND referral_number = ANY(CAST(:moved AS text[]))
          AND desk IS NOT NULL
        RETURNING id, desk, journey_id, referral_number
    ),
    -- Parked anew, they open anew.
    calmed AS (
        UPDATE notice SET settled_at = :now, settled_by = 'desk' FROM woken
        WHERE notice.journey_id = woken.journey_id AND notice.code = 'event_parked' AND notice.settled_at IS NULL
          AND notice.about = woken.referral_number || ' event ' || woken.id
    )
    SELECT pg_notify('{BELL}', rung.desk) FROM (
        SELECT unnest(CAST(:desks AS text[])) AS desk
        UNION SELECT taken.desk FROM taken UNION SELECT woken.desk FROM woken
    ) AS rung
""")  # noqa: S608 - the bell is our own constant

#: A referral that was to be given up and was not.
UNDO_EXPIRY: Final = text("""
    DELETE FROM follow_up_step
    WHERE referral_id = :referral AND deadline = :deadline AND due_at = :due_at AND does = 'expire'
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
