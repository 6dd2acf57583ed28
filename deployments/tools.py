"""The tools of one process that works desks, laid out from what this installation was told."""

from sqlalchemy.ext.asyncio import AsyncEngine

from agencies.keyring import Keyring
from agencies.link import LinkSeal
from agencies.link_book import LinkBook
from agencies.post import MailServer, Post
from agencies.sender import Senders
from catalog import Catalog
from deployments.clocks import VirtualClock
from flows.desks import HEARS
from settings import Settings
from tasks.presence import new_process_key
from tasks.toolbox import Clock, Toolbox


def lay_out(  # noqa: PLR0913 - what a toolbox is laid out from, each by its name
    settings: Settings,
    engine: AsyncEngine,
    *,
    master_key: str,
    catalog: Catalog,
    clock: Clock,
    linger_seconds: float | None = None,
    mail_server: MailServer | None = None,
    door_url: str | None = None,
) -> Toolbox:
    """Return the toolbox; nothing is connected yet. Whoever uses it closes it.

    Args:
        settings: What this installation was told.
        engine: To the house's own database; closed with the tools.
        master_key: Opens the agencies' keys.
        catalog: What is known.
        clock: Tells now; virtual in a rehearsal.
        linger_seconds: How long shifts linger; None for the settings'.
        mail_server: Where mail leaves; None for the settings'.
        door_url: Where the doors are, unless the settings name a public address.
    """
    keyring = Keyring(master_key)
    return Toolbox(
        engine=engine,
        catalog=catalog,
        clock=clock,
        keyring=keyring,
        senders=Senders(center=settings.center, clock=clock),
        center=settings.center,
        linger_seconds=settings.linger_seconds if linger_seconds is None else linger_seconds,
        process=new_process_key(),
        hears=HEARS,
        # Prefect's runs stand in the machine's time, whatever the clock of a rehearsal says.
        prefect_keep_days=None if isinstance(clock, VirtualClock) else settings.prefect_keep_days,
        post=Post(
            mail_server or mail_server_of(settings),
            LinkBook(engine, LinkSeal(keyring), days=settings.link_days),
            catalog,
            center=settings.center,
            public_url=(None if mail_server else settings.public_url)
            or door_url
            or f"http://{settings.door_host}:{settings.door_port}",
            clock=clock,
        ),
    )


def mail_server_of(settings: Settings) -> MailServer | None:
    """Return the mail server that the settings name, if they name one."""
    if settings.smtp_host is None or settings.smtp_sender is None:
        return None
    secret = settings.smtp_password
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        tls=settings.smtp_tls,
        sender=settings.smtp_sender,
        user=settings.smtp_user,
        password=None if secret is None else secret.get_secret_value(),
    )
