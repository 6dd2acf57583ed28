"""Seeding: journeys that are open already, written by a few statements, so that a million of them takes minutes.

Each has what a journey has after its first weeks: eight referrals, six of them open at different states, their log, the
letters that were sent, the events that were heard, consents, screenings, and its days on the agenda. They bear numbers
of the year before, which meet no others, and are with agencies that the catalog sets no capacity, as so many must be;
nothing of theirs is due while a round lasts.
"""

import hashlib
from typing import Any, Final

import asyncpg
import orjson
from alembic.script import ScriptDirectory

from models.database import MIGRATIONS

#: Journeys written by one round of the statements.
PAGE: Final = 50_000

#: The check digit of ISO 7064 MOD 11,10, as `models.numbers` reckons it.
SPELLED: Final = """
CREATE OR REPLACE FUNCTION pg_temp.spelled(kind text, digit text, year int, running bigint) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    carry int := 10; counted text := lpad(running::text, greatest(6, length(running::text)), '0');
    digits text := digit || year || counted;
BEGIN
    FOR n IN 1 .. length(digits) LOOP
        carry := (carry + substr(digits, n, 1)::int) % 10;
        IF carry = 0 THEN carry := 10; END IF;
        carry := carry * 2 % 11;
    END LOOP;
    RETURN kind || '-' || year || '-' || counted || '-' || ((11 - carry) % 10);
END $$
"""
#: A key that is as good as `uuid7`: in the order in which the rows were written.
_KEY: Final = """
CREATE OR REPLACE FUNCTION pg_temp.key(kind int, nth bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT ('01940000-' || lpad(to_hex(kind), 4, '0') || '-7000-8000-' || lpad(to_hex(nth), 12, '0'))::uuid
$$
"""
_PROGRAMS: Final = """
CREATE TEMP TABLE plan AS SELECT * FROM (VALUES
    (0, 'intake', 'job-counseling', 'seoul-west-employment-center', 'job-programs', 'counseled'),
    (1, 'emergency-aid', 'emergency-living-aid', 'mapo-district-office', 'emergency-residence', 'ended'),
    (2, 'welfare-benefits', 'single-parent-support', 'mapo-district-office', 'benefits-residence', 'granted'),
    (3, 'welfare-benefits', 'copay-relief', 'mapo-district-office', 'benefits-one-form', 'granted'),
    (4, 'welfare-benefits', 'education-benefit', 'mapo-district-office', 'benefits-one-form', 'granted'),
    (5, 'debt-relief', 'financial-counseling', 'legal-aid', 'debt-counseling-legal', 'counseled_only'),
    (6, 'debt-relief', 'individual-rehabilitation', 'legal-aid', 'debt-court', 'discharged'),
    (7, 'job-placement', 'job-placement', 'seoul-west-employment-center', 'placement-youth', 'hired')
) AS p (nth, desk, program, agency, rule, outcome)
"""
_MARKED: Final = """
SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()
"""
#: Of the seeded ones alone: what a round has added is to be looked at now.
_AHEAD: Final = "SELECT min(look_at) > now() FROM agenda WHERE journey_id < '01950000-0000-7000-8000-000000000000'"
_NOW: Final = "now() - interval '40 days' + interval '1 second' * ($1 + n) / 1000"

_STATEMENTS: Final = (
    f"""INSERT INTO client (id, name, birth_date, sex, phone, address, address_secret, created_at, keeping_at)
    SELECT pg_temp.key(1, $1 + n), '열린이' || ($1 + n), date '1950-01-01' + (($1 + n) % 20000)::int,
           CASE n % 2 WHEN 0 THEN 'female' ELSE 'male' END, '010-0000-0000', '서울특별시 마포구 없는로 ' || n, false,
           {_NOW}, now() + interval '1 day' * (1 + ($1 + n) % 300)
    FROM generate_series(1, $2) AS n""",
    """INSERT INTO household_member (id, client_id, relation, name, birth_date, school_level, lives_together)
    SELECT pg_temp.key(2, $1 + n), pg_temp.key(1, $1 + n), 'child', '이음', date '2013-05-10', 'middle', true
    FROM generate_series(1, $2) AS n""",
    f"""INSERT INTO consent (id, client_id, purpose, recipient, items, given_by, valid_from, valid_to, recorded_at)
    SELECT pg_temp.key(3, ($1 + n) * 8 + c.nth), pg_temp.key(1, $1 + n), c.purpose, c.recipient,
           '["name", "birth_date", "phone", "address", "household", "income", "debts"]', 'self',
           current_date - 40, current_date + 900, {_NOW}
    FROM generate_series(1, $2) AS n CROSS JOIN (VALUES
        (0, 'collection', NULL), (1, 'provision', 'mapo-district-office'), (2, 'provision', 'legal-aid'),
        (3, 'provision', 'seoul-west-employment-center')) AS c (nth, purpose, recipient)""",
    f"""INSERT INTO journey (id, number, client_id, opened_on, opened_at, needs, facts)
    SELECT pg_temp.key(4, $1 + n), pg_temp.spelled('J', '1', extract(year FROM now())::int - 1, $1 + n),
           pg_temp.key(1, $1 + n), current_date - 40, {_NOW}, '["benefits", "debt", "job", "living"]', $3
    FROM generate_series(1, $2) AS n""",
    f"""INSERT INTO referral (id, number, journey_id, client_id, desk, program, agency, state, outcome, outcome_at,
                              application_date, heard_at, asked_at, rule, basis, basis_cite, items, created_at)
    SELECT pg_temp.key(5, ($1 + n) * 8 + p.nth),
           pg_temp.spelled('R', '2', extract(year FROM now())::int - 1, ($1 + n) * 8 + p.nth),
           pg_temp.key(4, $1 + n), pg_temp.key(1, $1 + n), p.desk, p.program, p.agency, s.state,
           CASE s.state WHEN 'completed' THEN p.outcome END, CASE s.state WHEN 'completed' THEN {_NOW} END,
           current_date - 40, {_NOW}, now(), p.rule, 'consent', 'consent:' || p.agency,
           '["name", "phone", "income"]', {_NOW}
    FROM generate_series(1, $2) AS n CROSS JOIN plan AS p
    CROSS JOIN LATERAL (SELECT CASE WHEN p.nth IN (0, 5) THEN 'completed' ELSE
        (ARRAY['received', 'accepted', 'in_progress', 'on_hold', 'waitlisted'])[1 + (n + p.nth) % 5] END) s (state)""",
    f"""INSERT INTO transition (referral_id, sequence, start, event, "end", cause, who, occurred_at, recorded_at, shift,
                                previous_hash, hash)
    SELECT pg_temp.key(5, ($1 + n) * 8 + p.nth), s.sequence, s.start, s.event, s."end",
           s.cause || (($1 + n) * 8 + p.nth), s.who, {_NOW}, {_NOW}, 1, repeat('0', 64), repeat('0', 64)
    FROM generate_series(1, $2) AS n CROSS JOIN plan AS p CROSS JOIN (VALUES
        (1, NULL, 'drafted', 'drafted', 'rule:0:draft:', 'desk'),
        (2, 'drafted', 'requested', 'requested', 'rule:0:request:', 'desk'),
        (3, 'requested', 'received', 'received', 'event:', 'delivery'))
        AS s (sequence, start, event, "end", cause, who)""",
    f"""INSERT INTO letter (id, desk, journey_id, referral_id, referral_number, agency, type, about, cause, sequence,
                            body, state, created_at, next_attempt_at, attempts, first_try_at, lease, settled_at)
    SELECT pg_temp.key(6, ($1 + n) * 8 + p.nth), p.desk, pg_temp.key(4, $1 + n),
           pg_temp.key(5, ($1 + n) * 8 + p.nth),
           pg_temp.spelled('R', '2', extract(year FROM now())::int - 1, ($1 + n) * 8 + p.nth), p.agency,
           'referral.requested', '1', 'rule:0:letter:' || (($1 + n) * 8 + p.nth), 1,
           jsonb_build_object('program', p.program, 'urgency', 'normal', 'items', jsonb_build_object(
               'name', '열린이' || ($1 + n), 'phone', '010-0000-0000', 'income', $3::jsonb)),
           'sent', {_NOW}, {_NOW}, 1, {_NOW}, 1, {_NOW}
    FROM generate_series(1, $2) AS n CROSS JOIN plan AS p""",
    f"""INSERT INTO inbox_event (desk, journey_id, referral_number, source, source_id, word, data, digest, occurred_at,
                                 received_at, fate, fate_at)
    SELECT p.desk, pg_temp.key(4, $1 + n),
           pg_temp.spelled('R', '2', extract(year FROM now())::int - 1, ($1 + n) * 8 + p.nth), 'delivery',
           pg_temp.key(6, ($1 + n) * 8 + p.nth)::text, 'received', '{{}}', '', {_NOW}, {_NOW}, 'applied', {_NOW}
    FROM generate_series(1, $2) AS n CROSS JOIN plan AS p""",
    f"""INSERT INTO screening_record (journey_id, program, result, reason, lines, routes, missing, facts, law,
                                      params_version, asked_on, recorded_at)
    SELECT pg_temp.key(4, $1 + n), p.program, 'LIKELY', 'every condition looks met', '["a line"]', '["a way: LIKELY"]',
           '[]', $3, '["a law"]', 'seeded', current_date - 40, {_NOW}
    FROM generate_series(1, $2) AS n CROSS JOIN plan AS p WHERE p.nth BETWEEN 1 AND 3""",
    """INSERT INTO agenda (journey_id, follow_up, look_at)
    SELECT pg_temp.key(4, $1 + n), f.follow_up, now() + interval '1 day' * (1 + ($1 + n) % 60)
    FROM generate_series(1, $2) AS n CROSS JOIN (VALUES ('overdue'), ('retention'), ('reviews')) AS f (follow_up)""",
)


async def is_seeded(url: str, journeys: int) -> bool:
    """Say whether a database was seeded whole, by these very statements on today's tables, and today or yesterday."""
    try:
        connection = await asyncpg.connect(url)
    except (asyncpg.PostgresError, OSError):
        return False
    try:
        told = await connection.fetchval(_MARKED)
        ahead = await connection.fetchval(_AHEAD)
        return told == _mark(journeys) and bool(ahead)
    except asyncpg.PostgresError:
        return False
    finally:
        await connection.close()


def _mark(journeys: int) -> str:
    heads = ScriptDirectory(str(MIGRATIONS)).get_heads()
    statements = hashlib.sha256("".join((SPELLED, _KEY, _PROGRAMS, *_STATEMENTS)).encode()).hexdigest()
    return f"seeded {journeys} {'-'.join(heads)} {statements[:12]}"


async def seed(url: str, journeys: int, facts: dict[str, Any]) -> None:
    """Write so many open journeys into a database with today's tables and no journeys, and let it know its tables.

    Args:
        url: As drivers read it.
        journeys: How many.
        facts: What is known of each of these clients.

    Raises:
        asyncpg.PostgresError, OSError: The database refuses, or is away.
    """
    connection = await asyncpg.connect(url)
    try:
        # Seeding alone need not wait for the disk, nor look up every key it has just made.
        await connection.execute("SET synchronous_commit = off; SET session_replication_role = replica")
        for statement in (SPELLED, _KEY, _PROGRAMS):
            await connection.execute(statement)
        for first in range(0, journeys, PAGE):
            count = min(PAGE, journeys - first)
            async with connection.transaction():
                for statement in _STATEMENTS:
                    parameters: list[Any] = [first, count]
                    if "$3" in statement:
                        parameters.append(orjson.dumps(facts).decode())
                    await connection.execute(statement, *parameters)
        await connection.execute("VACUUM (ANALYZE)")
        name = await connection.fetchval("SELECT quote_ident(current_database())")
        await connection.execute(f"COMMENT ON DATABASE {name} IS '{_mark(journeys)}'")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
