"""The automations: what Prefect tells somebody of, and where to.

Prefect sees no table of ours. Whether a shift failed or a follow-up did not run it knows itself; of an alarm (a journey
set aside, an endpoint disabled …) it hears by an event that the shift or follow-up which raised it emits
(`tasks/alarms.py`). Where `IEUM_ALARM_URL` names a webhook, each automation posts its text there; without it each still
fires, which Prefect's event feed shows (`prefect.automation.triggered`), and nobody is written to.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.client.orchestration import PrefectClient
from prefect.events.actions import DoNothing, SendNotification
from prefect.events.schemas.automations import Automation, AutomationCore, EventTrigger, Posture
from prefect.exceptions import ObjectNotFound
from pydantic import SecretStr

from models.vocabulary import Alarm, Desk, FollowUp
from tasks.alarms import event_of

#: The block that holds where alarms go.
BLOCK: Final = "ieum-alarm"
PREFIX: Final = "Ieum: "

#: A run that was not begun by its hour is late (Prefect marks it after 15 s); so long it may be.
NOT_RUN_WITHIN: Final = timedelta(minutes=30)

_ENDED_ILL: Final = {"prefect.flow-run.Failed", "prefect.flow-run.Crashed", "prefect.flow-run.TimedOut"}
_MOVED: Final = {
    f"prefect.flow-run.{state}"
    for state in ("Pending", "Running", "Completed", "Failed", "Crashed", "Cancelling", "Cancelled", "Skipped")
}
_RUN: Final = "{{ flow_run.name }}: {{ flow_run.state.message }}\n{{ flow_run|ui_url }}"

_ALARMS: Final = {
    Alarm.JOURNEY_SET_ASIDE: "a journey was set aside",
    Alarm.ENDPOINT_DISABLED: "an agency's endpoint is disabled",
    Alarm.CREDENTIAL_ALARM: "an agency refuses our seal",
    Alarm.AGENCY_SILENT: "an agency has fallen silent",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One automation: when it fires, and what it says.

    Attributes:
        name: Without the prefix that all of ours bear.
        trigger: When.
        says: Body of the message, a template of Prefect's.
    """

    name: str
    trigger: EventTrigger
    says: str


@dataclass(frozen=True, slots=True)
class Automated:
    """An automation as it stands; `changed` says whether it was made or altered just now."""

    name: str
    id: UUID
    notifies: bool
    changed: bool


def rules(not_run_within: timedelta = NOT_RUN_WITHIN) -> list[Rule]:
    """Return what we want to be told of.

    Args:
        not_run_within: How long a follow-up's run may be late.
    """
    desks, follow_ups = [desk.value for desk in Desk], [follow_up.value for follow_up in FollowUp]
    return [
        Rule("a shift failed", _reactive(_ENDED_ILL, desks), f"{_RUN}\nSee docs/runbook.md and 'ieum doctor'."),
        Rule("a follow-up failed", _reactive(_ENDED_ILL, follow_ups), f"{_RUN}\nSee 'ieum follow-up list'."),
        Rule(
            "a follow-up did not run",
            EventTrigger(
                posture=Posture.Proactive,
                match={"prefect.resource.id": "prefect.flow-run.*"},
                match_related=_of_flows(follow_ups),
                for_each={"prefect.resource.id"},
                after={"prefect.flow-run.Late"},
                expect=_MOVED,
                threshold=1,
                within=not_run_within,
            ),
            "{{ flow.name }} is late: nobody takes it up. See 'ieum follow-up list'; 'ieum up' or a worker runs it.",
        ),
        *(
            Rule(
                what,
                EventTrigger(expect={event_of(alarm)}, match={"prefect.resource.id": "ieum.*"}, threshold=1),
                "{{ event.payload.count }}: {{ event.payload.about|join(', ') }} ({{ event.resource.name }})\n"
                f"See docs/runbook.md, {alarm}; GET /api/notices lists what is open.",
            )
            for alarm, what in _ALARMS.items()
        ),
    ]


async def automate(
    prefect: PrefectClient, alarm_url: SecretStr | None, wanted: Iterable[Rule] | None = None
) -> list[Automated]:
    """Make or update the automations; one that is right is not touched, and one that was switched off stays off.

    Args:
        prefect: The server.
        alarm_url: Where texts are posted to as JSON, `{"text": "…"}`; None for nowhere.
        wanted: What shall be told of; left out, all that there is.

    Raises:
        httpx.HTTPError: The Prefect server is away.
    """
    block = await _block(prefect, alarm_url)
    return [await _ensure(prefect, rule, block) for rule in (rules() if wanted is None else wanted)]


async def _ensure(prefect: PrefectClient, rule: Rule, block: UUID | None) -> Automated:
    name = f"{PREFIX}{rule.name}"
    action = DoNothing() if block is None else SendNotification(block_document_id=block, subject=name, body=rule.says)
    wanted = AutomationCore(
        name=name,
        description="Made by 'ieum deploy'; see docs/prefect.md.",
        tags=["ieum"],
        trigger=rule.trigger,
        actions=[action],
    )
    known = await prefect.read_automations_by_name(name)
    for extra in known[1:]:
        await prefect.delete_automation(extra.id)
    if not known:
        return Automated(name, await prefect.create_automation(wanted), notifies=block is not None, changed=True)
    changed = _shape(known[0]) != _shape(wanted)
    if changed:
        # Prefect's client sends only what was set by name, and its server wants all but the owner.
        whole = wanted.model_dump(exclude={"owner_resource"}) | {"enabled": known[0].enabled}
        await prefect.update_automation(known[0].id, AutomationCore.model_validate(whole))
    return Automated(name, known[0].id, notifies=block is not None, changed=changed)


def _shape(automation: AutomationCore | Automation) -> dict[str, object]:
    """Return what makes an automation another one: not whose it is, when it was made, or whether it is on."""
    return automation.model_dump(include={"name", "description", "tags", "trigger", "actions"})


async def _block(prefect: PrefectClient, alarm_url: SecretStr | None) -> UUID | None:
    """Keep the block that says where alarms go, its address sealed; take it away where there is none any more."""
    try:
        known = await prefect.read_block_document_by_name(
            BLOCK, CustomWebhookNotificationBlock.get_block_type_slug(), include_secrets=True
        )
    except ObjectNotFound:
        known = None
    if alarm_url is None:
        if known is not None:
            await prefect.delete_block_document(known.id)
        return None
    secrets = known.data.get("secrets") if known is not None else None
    if known is not None and secrets == {"address": alarm_url.get_secret_value()}:
        return known.id
    webhook = CustomWebhookNotificationBlock.model_validate(
        {
            "name": "Ieum",
            "url": "{{address}}",
            "json_data": {"text": "{{subject}}\n{{body}}"},
            "secrets": {"address": alarm_url.get_secret_value()},
        }
    )
    return await webhook.asave(BLOCK, overwrite=True)


def _reactive(expect: set[str], flows: list[str]) -> EventTrigger:
    return EventTrigger(
        expect=expect,
        match={"prefect.resource.id": "prefect.flow-run.*"},
        match_related=_of_flows(flows),
        threshold=1,
    )


def _of_flows(names: list[str]) -> dict[str, str | list[str]]:
    return {"prefect.resource.role": "flow", "prefect.resource.name": names}
