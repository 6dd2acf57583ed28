"""The page of deadlines: `python -m catalog.deadline_table docs/deadlines.md` writes it, a test compares it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from catalog.follow_up_table import span, what_is_done
from catalog.loader import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.deadlines import Deadline, Marks
    from catalog.whole import Catalog

_HEAD: Final = """\
# Deadlines

Drawn from `catalog/deadlines.yaml` and `catalog/follow_ups.yaml` by `make docs`; a test compares them. **Verified**
says that the text of the authority was read, in the edition named; everything else must be checked before real use.
Days are Asia/Seoul dates; `civil` counting leaves the first day out.

- A *right* (R) may be used until then; unused it lapses, and nobody is late. What *opens* (O) may be done from then on.
- What is *mirrored* (M) is a court's or the law's own date: shown when late, nobody is chased, nothing is moved by it.
- ⇥ A last day on a Saturday or public holiday moves to the next working day: only a client's time does. Both days are
  kept.
- The clock of an agency stops while a referral is on hold for the client's papers, and goes on after; what counts from
  the day of application stood still at the office that handed it on, too.
- *(+ 30 days: `word`)* The deciding office may extend it so far, and tells so by that milestone; then the extended day
  is the due day, counted on as the deadline itself is, and the day before is kept beside it. It extends while its time
  runs, and once (행정절차법 §19②, 민원처리법 시행령 §21①, from memory, check before real use): what it extends after
  the last day (by `occurred_at`) extends nothing and leaves it late, and a second extension is parked
  (`already_extended`). How far it extended is not told: it is taken to be as far as the law allows.
- A milestone is `code` in the lane of the deadline, or `lane.code` in another.
- Each decision has an entry of its own, because a right counts from the decision it is against. An outcome that closes
  what a milestone had told gives no more time. *Declined* names the reasons by which an office decides on the merits:
  from such a no the client's right runs as from a refusal; from any other (not competent, no place left, already served
  elsewhere, the client did not come) it does not.
- An upheld appeal takes back what it is about: the last decision before it was filed, and earlier ones that could still
  be appealed then (so the stop, and the reclaim that came with it; not a stop of long ago). Which decisions those are
  follows from the rights here. What hung on the benefit being paid runs again as if it had never ended: years and ages
  count from the grant, a fixed last day stays. Only what somebody owes does not count the days between the end and the
  upheld appeal: what was running has the days it had left, what began meanwhile runs from the day it was upheld, what
  was late before the end stays late.
- An employer's program is about one job: the hire and the loss of another job neither begin nor end its deadlines.
"""

_OUT: Final = """\
## Not in the registry

- **D21** (return within 30 days of the end of a deferral): no agency tells when the cause of a deferral ends.
- **D34**, the reminder's further 30 days: no agency tells when it reminded.
- **D16**, forwarding of a second objection (10 days): nobody tells of it; its days are in `D16-second-decision`.
- **D37** (withdrawal of consent, 10 days): the center carries it out in the shift that hears it; it belongs to a
  journey, not to a referral.
- The shortest terms of **D28** (two weeks each): the longest are counted, because being late is what matters.
"""


def draw(catalog: Catalog) -> str:
    """Return `docs/deadlines.md`: every deadline with what it counts from, its length, its force and its source."""
    return "\n".join([_HEAD, *_table(catalog), "", *what_is_done(catalog), "", *_sources(catalog), "", _OUT])


def _table(catalog: Catalog) -> Iterator[str]:
    yield "| code | what | programs | from | length | until | owed by | force | holds | verified |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for each in catalog.deadlines:
        cells = (
            each.code,
            f"{each.label.en}<br>{each.label.ko}",
            "<br>".join(each.programs) or "every program",
            _start(each),
            _length(each),
            _marks(each.until) or "–",
            each.owed_by,
            _force(each),
            _holds(each),
            "yes" if each.source.verified else "**no**",
        )
        yield f"| {' | '.join(cells)} |"


def _sources(catalog: Catalog) -> Iterator[str]:
    yield "## Where each was read"
    yield ""
    yield "| code | source | read on | note |"
    yield "|---|---|---|---|"
    for each in catalog.deadlines:
        source = each.source
        cite = f"[{source.cite}]({source.url})" if source.url else source.cite
        yield f"| {each.code} | {cite} | {source.read_on} | {source.note} |"


def _start(deadline: Deadline) -> str:
    start = deadline.start
    declined = [f"declined {', '.join(f'`{word}`' for word in start.declined)}"] if start.declined else []
    words = ["; ".join(filter(None, [_marks(start), *declined]))] if not start.empty else []
    words += ["day of application"] if start.application_date else []
    words += [f"`{start.fact}`"] if start.fact else []
    words += [f"heard: {start.happened}"] if start.happened else []
    words += ["the last word about it"] if start.last_word else []
    text = ", else ".join(words)
    text += ", from the application on" if start.since_application else ""
    text += (
        f"; each at least {', '.join(f'`{word}` {n} times' for word, n in start.times.items())}" if start.times else ""
    )
    text += f", and {span(start.plus)} later" if start.plus else ""
    text += f"; given {_marks(deadline.given)}" if not deadline.given.empty else ""
    after = " after" if deadline.unless.since else ""
    unless = [_marks(deadline.unless) + after] if not deadline.unless.empty else []
    heard = f"heard: {deadline.unless.happened}{', at any time' if deadline.unless.at_any_time else ' before'}"
    unless += [heard] if deadline.unless.happened else []
    unless += ["the client has a job"] if deadline.unless.at_work else []
    text += f"; unless {'; '.join(unless)}" if unless else ""
    still = {"open": "; only while it is open", "current": "; only while it is open or the benefit is paid"}
    text += still.get(deadline.only_while or "", "")
    return text + (f"; {deadline.urgency} only" if deadline.urgency else "")


def _length(deadline: Deadline) -> str:
    if deadline.line is not None:
        return f"each day on which a child passes `{deadline.line}`"
    ends = "from" if deadline.opens else "until"
    text = f"{ends} {deadline.ends_on}" if deadline.length is None else f"{span(deadline.length)}, {deadline.count}"
    text = text.replace("_", " ")
    if deadline.extension is not None:
        told = ", ".join(f"`{word}`" for word in deadline.extended_by)
        text += f" (+ {span(deadline.extension)}: {told})"
    return text + (" ⇥" if deadline.moves else "")


def _marks(marks: Marks) -> str:
    kinds = (
        ("", marks.milestones),
        ("outcome ", marks.outcomes),
        ("state ", marks.states),
        ("begun by then: ", marks.facts),
    )
    told = [kind + ", ".join(f"`{word}`" for word in words) for kind, words in kinds if words]
    told += ["the agency's word in the lane `contact`"] if marks.contact else []
    return "; ".join([*told, *(["work for the client, or a milestone of it"] if marks.work_goes_on else [])])


def _force(deadline: Deadline) -> str:
    flags = ((deadline.right, "R"), (deadline.opens, "O"), (deadline.informational, "M"))
    return " ".join([deadline.force, *(letter for holds, letter in flags if holds)])


def _holds(deadline: Deadline) -> str:
    if deadline.valid_from is None and deadline.valid_to is None:
        return "–"
    by = f" (day of {_marks(deadline.dated_by)})" if not deadline.dated_by.empty else ""
    return f"{deadline.valid_from or ''} … {deadline.valid_to or ''}{by}".strip()


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(draw(load()), encoding="utf-8")
