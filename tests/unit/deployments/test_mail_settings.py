"""Mail: what the settings may say, what the doctor tells of it, and what `ieum agency add` takes for a mailbox."""

import pytest

from agencies.errors import BadEntry
from catalog import load
from deployments.addresses import endpoint_of, shown
from deployments.doctor_servers import mail
from deployments.tools import mail_server_of
from settings import Settings, SettingsError, read_settings
from tests.contract.mail.servers import PASSWORD, USER, foreign

AGENCIES = load().agencies


def told(**said: str) -> Settings:
    return Settings.model_validate(said)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"SMTP_HOST": "mail.example"}, "IEUM_SMTP_SENDER is missing"),
        ({"SMTP_HOST": "mail.example", "SMTP_SENDER": "a@b.example", "SMTP_USER": "a"}, "go together"),
        ({"SMTP_HOST": "mail.example", "SMTP_SENDER": "nobody"}, "IEUM_SMTP_SENDER"),
        ({"SMTP_TLS": "maybe"}, "IEUM_SMTP_TLS"),
        ({"SMTP_TLS": "none", "SMTP_HOST": "mail.example", "SMTP_SENDER": "a@b.example"}, "in clear"),
        ({"SMTP_TLS": "none", "SMTP_HOST": "10.0.0.7", "SMTP_SENDER": "a@b.example"}, "in clear"),
    ],
)
def test_a_wrong_setting_of_mail_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, said: dict[str, str], why: str
) -> None:
    for name, value in said.items():
        monkeypatch.setenv(f"IEUM_{name}", value)

    with pytest.raises(SettingsError, match=why):
        read_settings()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.0.1", "::1"])
def test_a_mail_server_on_this_machine_needs_no_seal(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    for name, value in {"SMTP_HOST": host, "SMTP_TLS": "none", "SMTP_SENDER": "a@b.example"}.items():
        monkeypatch.setenv(f"IEUM_{name}", value)

    assert "none" == read_settings().smtp_tls


def test_production_sends_no_password_in_clear_and_links_lead_to_https(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "ENVIRONMENT": "production",
        "DATABASE_URL": "postgresql://u:p@h/n",
        "MASTER_KEY": "x" * 40,
        "API_TOKENS": '{"front-desk": "a-pretend-token-of-nobody"}',
        "SMTP_HOST": "mail.example",
        "SMTP_SENDER": "ieum@center.example",
        "SMTP_USER": USER,
        "SMTP_PASSWORD": PASSWORD,
    }.items():
        monkeypatch.setenv(f"IEUM_{name}", value)

    with pytest.raises(SettingsError, match="IEUM_PUBLIC_URL"):
        read_settings()
    monkeypatch.setenv("IEUM_PUBLIC_URL", "https://ieum.center.example")
    server = mail_server_of(read_settings())
    assert server is not None
    assert ("starttls", USER) == (server.tls, server.user)
    assert PASSWORD not in repr(server)
    monkeypatch.setenv("IEUM_SMTP_TLS", "none")
    with pytest.raises(SettingsError, match="in clear"):
        read_settings()


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
async def test_the_doctor_logs_in_and_tells_what_is_wrong_but_no_password() -> None:
    none = await mail(told())
    async with foreign(login=True) as server:
        entry = {
            "smtp_host": "127.0.0.1",
            "smtp_port": str(server.port),
            "smtp_tls": "none",
            "smtp_sender": "a@b.example",
        }
        good = await mail(told(**entry, smtp_user=USER, smtp_password=PASSWORD))
        bad = await mail(told(**entry, smtp_user=USER, smtp_password="another-pretend-one"))
    away = await mail(told(**entry))

    assert (True, True, False, False) == (none.ok, good.ok, bad.ok, away.ok)
    assert "smtp-535" in bad.said
    assert "no-connection" in away.said
    assert [] == server.mails
    assert PASSWORD not in good.said + good.remedy


def test_a_mailbox_is_the_catalogs_and_a_url_is_typed() -> None:
    bakery, office = AGENCIES["onnuri-bakery"], AGENCIES["legal-aid"]

    assert "mailto:owner@onnuri-bakery.example" == endpoint_of(bakery, None)
    assert "owner@onnuri-bakery.example" == shown(endpoint_of(bakery, None))
    with pytest.raises(BadEntry, match="leave --url out"):
        endpoint_of(bakery, "https://agency.example/")
    with pytest.raises(BadEntry, match="--url is missing"):
        endpoint_of(office, None)
    with pytest.raises(BadEntry):
        endpoint_of(bakery.model_copy(update={"mailbox": "a@b.example,c@d.example"}), None)
