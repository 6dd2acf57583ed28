"""The audit: triggers of the test's own in PostgreSQL that write down who works which case, and under which lock.

It imports nothing of the product. A row of the log, or an event that gets its fate, is work on a case; what is noted is
the session (backend and port), the transaction, the moment, and whether that very transaction holds the journey's row
at that moment, as PostgreSQL's own row header says. A deferred trigger notes when the transaction was about to commit.
"""

from typing import Any, Final

import asyncpg

_SCHEMA: Final = """
CREATE SCHEMA audit;
CREATE TABLE audit.work (
    nth bigserial PRIMARY KEY, journey uuid NOT NULL, referral uuid, event bigint, was text,
    pid int NOT NULL, port int, xact xid8 NOT NULL, at timestamptz NOT NULL, held boolean NOT NULL
);
CREATE TABLE audit.done (xact xid8 PRIMARY KEY, at timestamptz NOT NULL);
CREATE TABLE audit.letter (
    nth bigserial PRIMARY KEY, letter uuid NOT NULL, pid int NOT NULL, port int, xact xid8 NOT NULL,
    at timestamptz NOT NULL, old_state text, new_state text, old_lease int, new_lease int, taken_by bigint,
    put_off boolean NOT NULL
);
CREATE TABLE audit.session (pid int NOT NULL, port int NOT NULL, process bigint NOT NULL, UNIQUE (pid, port, process));

-- Whether this transaction holds the journey's row against everybody else who would work it.
CREATE FUNCTION audit.holds(key uuid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    own xid := pg_current_xact_id()::xid; made xid; locked xid; found boolean;
BEGIN
    SELECT xmin, xmax INTO made, locked FROM public.journey WHERE id = key;
    IF made = own OR locked = own THEN
        RETURN true;
    END IF;
    -- Others may share the row's key meanwhile: then its header names a group.
    BEGIN
        SELECT EXISTS (
            SELECT 1 FROM pg_get_multixact_members(locked) AS member
            WHERE member.xid = own AND member.mode IN ('fornokeyupd', 'forupd', 'nokeyupd', 'upd')
        ) INTO found;
    EXCEPTION WHEN OTHERS THEN
        RETURN false;
    END;
    RETURN found;
END $$;

CREATE FUNCTION audit.note(journey uuid, referral uuid, event bigint, was text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO audit.work (journey, referral, event, was, pid, port, xact, at, held)
    VALUES (journey, referral, event, was, pg_backend_pid(), inet_client_port(), pg_current_xact_id(),
            clock_timestamp(), audit.holds(journey))
$$;

CREATE FUNCTION audit.moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM audit.note(
        (SELECT journey_id FROM public.referral WHERE id = NEW.referral_id), NEW.referral_id, NULL, NULL
    );
    RETURN NULL;
END $$;

CREATE FUNCTION audit.settled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.fate <> 'waiting' AND NEW.journey_id IS NOT NULL THEN
        PERFORM audit.note(NEW.journey_id, NULL, NEW.id, OLD.fate);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION audit.committing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit.done VALUES (NEW.xact, clock_timestamp()) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE FUNCTION audit.lettered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit.letter (letter, pid, port, xact, at, old_state, new_state, old_lease, new_lease, taken_by,
                              put_off)
    VALUES (NEW.id, pg_backend_pid(), inet_client_port(), pg_current_xact_id(), clock_timestamp(), OLD.state, NEW.state,
            OLD.lease, NEW.lease, CASE WHEN NEW.lease > OLD.lease THEN NEW.leased_by END,
            NEW.next_attempt_at IS DISTINCT FROM OLD.next_attempt_at);
    IF NEW.lease > OLD.lease AND NEW.leased_by IS NOT NULL THEN
        INSERT INTO audit.session VALUES (pg_backend_pid(), inet_client_port(), NEW.leased_by) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION audit.opened() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit.session VALUES (pg_backend_pid(), inet_client_port(), NEW.process) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER audit_moved AFTER INSERT ON public.transition FOR EACH ROW EXECUTE FUNCTION audit.moved();
CREATE TRIGGER audit_settled AFTER UPDATE OF fate ON public.inbox_event FOR EACH ROW EXECUTE FUNCTION audit.settled();
CREATE TRIGGER audit_lettered AFTER UPDATE ON public.letter FOR EACH ROW EXECUTE FUNCTION audit.lettered();
CREATE TRIGGER audit_opened AFTER INSERT ON public.shift FOR EACH ROW EXECUTE FUNCTION audit.opened();
CREATE CONSTRAINT TRIGGER audit_committing AFTER INSERT ON audit.work
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.committing();
"""


async def install(connection: "asyncpg.Connection[Any]") -> None:
    """Put the triggers into a database that has the product's tables.

    Raises:
        asyncpg.PostgresError: They are there already, or the tables are not.
    """
    await connection.execute(_SCHEMA)
