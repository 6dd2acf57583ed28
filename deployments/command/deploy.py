"""`ieum deploy`: everything that Prefect shows of us and does for us, made or brought up to date."""

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployments.command.running import OUT, Away, run, settings

if TYPE_CHECKING:
    from deployments.deploying import Standing
    from settings import Settings


def deploy(*, as_json: Annotated[bool, typer.Option("--json", help="Print what stands as JSON.")] = False) -> None:
    """Make or update the desks' and follow-ups' Prefect deployments, schedules, limits and automations; repeatable.

    'ieum up' does this by itself when it starts. Automations post to IEUM_ALARM_URL; without it they only show in
    Prefect's event feed.
    """
    chosen = settings()

    async def work() -> "Standing":
        enter_prefect(chosen)
        import httpx  # noqa: PLC0415
        from prefect.exceptions import PrefectException  # noqa: PLC0415

        from deployments.deploying import deploy_all  # noqa: PLC0415

        try:
            return await deploy_all(chosen.alarm_url)
        except (httpx.HTTPError, PrefectException) as error:
            where = os.environ["PREFECT_API_URL"]
            raise Away(f"The Prefect server at {where} does not do that ({type(error).__name__}); is it up?") from None

    stands = run(work)
    if as_json:
        import json  # noqa: PLC0415

        OUT.out(json.dumps(_as_json(stands)))
        return
    for deployed in (*stands.desks, *stands.follow_ups.values()):
        when = deployed.cron or "on demand"
        OUT.print(f"  {deployed.name:<44} {deployed.entrypoint:<48} {when}", soft_wrap=True, markup=False)
    for automation in stands.automations:
        OUT.print(f"  {automation.name}", soft_wrap=True, markup=False)
    OUT.print(f"{stands.changed} of these were made or changed; the others were right.", soft_wrap=True)
    if chosen.alarm_url is None:
        OUT.print("IEUM_ALARM_URL is not set: what automations notice shows in Prefect only.", soft_wrap=True)
    OUT.print("'ieum up' runs the follow-ups; so does a worker that has our IEUM_ settings:", soft_wrap=True)
    OUT.print(f"  {_reach(chosen)} prefect worker start --pool ieum-desks", soft_wrap=True, markup=False)


def _as_json(stands: "Standing") -> dict[str, Any]:
    return {
        "deployments": [
            {
                "deployment": deployed.name,
                "entrypoint": deployed.entrypoint,
                "schedule": deployed.cron,
                "id": str(deployed.id),
            }
            for deployed in (*stands.desks, *stands.follow_ups.values())
        ],
        "automations": [
            {"automation": automation.name, "notifies": automation.notifies, "id": str(automation.id)}
            for automation in stands.automations
        ],
        "changed": stands.changed,
    }


def _reach(chosen: "Settings") -> str:
    """Return the environment in which Prefect's own commands find the server; a password is named by its file."""
    url = f"PREFECT_API_URL={os.environ['PREFECT_API_URL']}"
    if chosen.prefect_api_url is None:
        password = (chosen.state_folder / "up" / "prefect" / "password").resolve()
        return f"{url} PREFECT_API_AUTH_STRING=\"admin:$(cat '{password}')\""
    return url if chosen.prefect_auth is None else f'{url} PREFECT_API_AUTH_STRING="$IEUM_PREFECT_AUTH"'


def enter_prefect(chosen: "Settings") -> None:
    """Set the environment for the Prefect server that the settings name, or that `ieum up` runs here.

    Raises:
        Away: neither is there.
    """
    from deployments.prefect_server import DESKS, SILENT, PrefectServer  # noqa: PLC0415

    folder = chosen.state_folder / "up" / "prefect"
    if chosen.prefect_api_url is not None:
        auth = chosen.prefect_auth
        settings = {
            **SILENT,
            **DESKS,
            "PREFECT_HOME": str((chosen.state_folder / "prefect-home").resolve()),
            "PREFECT_API_URL": chosen.prefect_api_url,
            **({"PREFECT_API_AUTH_STRING": auth.get_secret_value()} if auth else {}),
        }
        for name in [name for name in os.environ if name.startswith("PREFECT_")]:
            del os.environ[name]
        os.environ.update(settings)
    elif (folder / "port").exists():
        PrefectServer(folder, "").enter(os.environ)
    else:
        raise Away("There is no Prefect server; start 'ieum up', or name one in IEUM_PREFECT_API_URL.")
