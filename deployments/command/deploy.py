"""`ieum deploy`: make every desk a Prefect deployment, so that workers can run its shifts."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from deployments.command.running import OUT, Away, run, settings

if TYPE_CHECKING:
    from settings import Settings


def deploy(*, as_json: Annotated[bool, typer.Option("--json", help="Print the deployments as JSON.")] = False) -> None:
    """Make or update the six desks' Prefect deployments on the work pool 'ieum-desks'; safe to repeat."""
    chosen = settings()

    async def work() -> list[tuple[str, str]]:
        enter_prefect(chosen)
        import httpx  # noqa: PLC0415

        from deployments.desks import deploy_desks  # noqa: PLC0415

        try:
            return await deploy_desks()
        except httpx.HTTPError as error:
            where = os.environ["PREFECT_API_URL"]
            raise Away(f"The Prefect server at {where} does not do that ({type(error).__name__}); is it up?") from None

    made = run(work)
    if as_json:
        import json  # noqa: PLC0415

        OUT.out(json.dumps([{"deployment": name, "entrypoint": entrypoint} for name, entrypoint in made]))
        return
    for name, entrypoint in made:
        OUT.print(f"  {name:<44} {entrypoint}", soft_wrap=True)
    OUT.print("A worker that has our IEUM_ settings takes them up:", soft_wrap=True)
    OUT.print(f"  {_reach(chosen)} prefect worker start --pool ieum-desks", soft_wrap=True, markup=False)


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
