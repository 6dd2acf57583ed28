"""The statements of a merge, in the order in which they are right; each costs what the journeys hold, never a scan."""

from typing import Final

from sqlalchemy import TextClause, text

PEOPLE: Final = text("""
    SELECT journey.id, number, client_id, merged_into, name, birth_date, sex, phone, address, forgotten_at
    FROM journey JOIN client ON client.id = client_id WHERE number = ANY(:numbers)
""")
PERSON: Final = text("""
    SELECT journey.id, number, client_id, merged_into, name, birth_date, sex, phone, address, forgotten_at
    FROM journey JOIN client ON client.id = client_id WHERE journey.id = :id
""")
#: Every journey of both clients, and those that ended in one of them: desks work none of them meanwhile.
LOCK_FAMILY: Final = text("""
    SELECT id, merged_into FROM journey
    WHERE client_id = :ones OR client_id = :others OR merged_into = :ends
    ORDER BY id FOR NO KEY UPDATE
""")
#: The inbox event every withdrawal of the merge is caused by; heard by the intake desk, it wakes the others.
NOTE_MERGE: Final = text("""
    INSERT INTO inbox_event (desk, journey_id, source, source_id, word, data, digest, occurred_at, received_at, fate)
    VALUES ('intake', :stays, 'merge', :number, 'merged', CAST(:told AS jsonb), '', :now, :now, 'waiting')
    RETURNING id
""")
TOLD: Final = text("SELECT data FROM inbox_event WHERE source = 'merge' AND source_id = :number")
NOTICE: Final = text("""
    INSERT INTO notice (id, journey_id, desk, code, about, detail, key, by_rule, raised_at)
    VALUES (:id, :stays, 'intake', 'facts_differ', :number, :detail, :key, false, :now)
    ON CONFLICT DO NOTHING
""")

_REFERRALS: Final = text("""
    UPDATE referral SET client_id = :others, journey_id = CASE journey_id WHEN :ends THEN :stays ELSE journey_id END
    WHERE journey_id = ANY(:living) AND (client_id = :ones OR journey_id = :ends)
""")
_LETTERS: Final = text("UPDATE letter SET journey_id = :stays WHERE journey_id = :ends")
#: Two statements, because each fate has an index of its own.
_WAITING: Final = text("UPDATE inbox_event SET journey_id = :stays WHERE journey_id = :ends AND fate = 'waiting'")
_HELD: Final = text("UPDATE inbox_event SET journey_id = :stays WHERE journey_id = :ends AND fate = 'held_back'")
_PARKED: Final = text("""
    UPDATE inbox_event SET journey_id = :stays
    FROM referral WHERE referral.journey_id = :stays AND inbox_event.referral_number = referral.number
      AND inbox_event.fate = 'parked' AND inbox_event.journey_id = :ends
""")
_SET_ASIDE: Final = text("""
    INSERT INTO set_aside (journey_id, desk, reason, detail, event_id, since)
    SELECT CAST(:stays AS uuid), desk, reason, detail, event_id, since FROM set_aside WHERE journey_id = :ends
    ON CONFLICT DO NOTHING
""")
_NO_SET_ASIDE: Final = text("DELETE FROM set_aside WHERE journey_id = :ends")
_NOTICES: Final = text("UPDATE notice SET journey_id = :stays WHERE journey_id = :ends")
_SETTLED: Final = text("""
    UPDATE notice SET settled_at = :now, settled_by = 'merge'
    WHERE journey_id = :stays AND code = 'same_person_perhaps' AND about IN (:number, :into) AND settled_at IS NULL
""")
_SCREENINGS: Final = text("UPDATE screening_record SET journey_id = :stays WHERE journey_id = :ends")
_EVIDENCE: Final = text("UPDATE evidence SET journey_id = :stays WHERE journey_id = :ends")
_AGENDA: Final = text("""
    INSERT INTO agenda (journey_id, follow_up, look_at)
    SELECT DISTINCT CAST(:stays AS uuid), follow_up, CAST(:now AS timestamptz) FROM agenda
    WHERE journey_id IN (:ends, :stays)
    ON CONFLICT (journey_id, follow_up) DO UPDATE SET look_at = least(agenda.look_at, excluded.look_at)
""")
_NO_AGENDA: Final = text("DELETE FROM agenda WHERE journey_id = :ends")
#: A consent withdrawn in one journey after it was given in the other is withdrawn: staff's own word says so anew.
_WITHDRAWN: Final = text("""
    INSERT INTO inbox_event (desk, journey_id, source, source_id, word, data, digest, occurred_at, received_at, fate)
    SELECT 'intake', CAST(:stays AS uuid), 'merge', CAST(:number AS text) || ':' || recipient, 'consent_withdrawn',
           jsonb_build_object('recipient', recipient), '', CAST(:now AS timestamptz), CAST(:now AS timestamptz),
           'waiting'
    FROM consent WHERE client_id IN (:ones, :others) AND recipient IS NOT NULL
    GROUP BY recipient
    HAVING max(withdrawn_at) > max(recorded_at) FILTER (WHERE withdrawn_at IS NULL)
    ON CONFLICT DO NOTHING
""")
_CONSENTS: Final = text("UPDATE consent SET client_id = :others WHERE client_id = :ones")
_CLIENT: Final = text("""
    UPDATE client SET phone = COALESCE(client.phone, other.phone), address = COALESCE(client.address, other.address),
                      address_secret = client.address_secret OR other.address_secret
    FROM client AS other WHERE client.id = :others AND other.id = :ones
""")
#: The journey that ends keeps its client: by that name and phone she is found again.
_OTHER_JOURNEYS: Final = text("""
    UPDATE journey SET client_id = :others WHERE client_id = :ones AND id <> :ends AND merged_into IS NULL
""")
_ENDS: Final = text("UPDATE journey SET merged_into = :stays WHERE id = :ends OR merged_into = :ends")

MOVES: Final[tuple[TextClause, ...]] = (
    *(_REFERRALS, _LETTERS, _WAITING, _HELD, _PARKED, _SET_ASIDE, _NO_SET_ASIDE, _NOTICES, _SETTLED, _SCREENINGS),
    *(_EVIDENCE, _AGENDA, _NO_AGENDA, _WITHDRAWN, _CONSENTS, _CLIENT, _OTHER_JOURNEYS, _ENDS),
)
