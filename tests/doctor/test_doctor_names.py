"""The doctor on SPF, DKIM and DMARC, asked of a real name server on this machine."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from doctor.name_server import NameServer

from engine.app.doctor.finding import Finding, State
from engine.app.doctor.names import Names
from engine.app.doctor.sender import sender_domains, the_senders
from engine.settings import Settings
from engine.workspace.begin import init

DOMAIN = "mail.acme.io"
GOOD = {
    DOMAIN: ("some other text", "v=spf1 include:sendgrid.net -all"),
    f"s1._domainkey.{DOMAIN}": ("k=rsa; p=MIGf",),
    f"s2._domainkey.{DOMAIN}": ("v=DKIM1; p=MIGf",),
    f"_dmarc.{DOMAIN}": ("v=DMARC1; p=reject",),
}
MISTAKES = [
    ({DOMAIN: ()}, State.PROBLEM, "no SPF record"),
    ({DOMAIN: ("v=spf1 -all", "v=spf1 ~all")}, State.PROBLEM, "2 SPF records"),
    ({DOMAIN: ("v=spf1 +all",)}, State.PROBLEM, "lets everybody"),
    ({DOMAIN: ("v=spf10 -all",)}, State.PROBLEM, "no SPF record"),
    ({f"s2._domainkey.{DOMAIN}": ()}, State.PROBLEM, f"no key at s2._domainkey.{DOMAIN}"),
    ({f"s1._domainkey.{DOMAIN}": ("v=DKIM1; p=",)}, State.PROBLEM, "withdrawn"),
    ({f"_dmarc.{DOMAIN}": ()}, State.PROBLEM, "no DMARC record"),
    ({f"_dmarc.{DOMAIN}": ("v=DMARC1; p=none", "v=DMARC1; p=reject")}, State.PROBLEM, "2 DMARC records"),
    ({f"_dmarc.{DOMAIN}": (), "_dmarc.acme.io": ("v=DMARC1; p=none",)}, State.OK, "p=none at _dmarc.acme.io"),
]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A new workspace whose mail comes from `DOMAIN`, by SendGrid."""
    folder = tmp_path_factory.mktemp("doctor") / "acme"
    init(folder, environment={})
    brand = folder / "templates" / "brand.yaml"
    brand.write_text(brand.read_text().replace("hello@tidepool.test", f"hello@{DOMAIN}"))
    return Settings(workspace=folder, provider="sendgrid")


def examined(settings: Settings, records: Mapping[str, tuple[str, ...]], *selectors: str) -> list[Finding]:
    """Return what the doctor finds where a name server knows these records."""
    with NameServer(records) as server:
        return list(the_senders(settings, Names.by(server.address), selectors))


def test_a_domain_with_all_three_is_well(settings: Settings) -> None:
    """SPF, both keys of SendGrid and DMARC are found."""
    assert sender_domains(settings) == (DOMAIN,)
    found = examined(settings, GOOD)
    assert [each.state for each in found] == [State.OK] * 4
    assert [each.sentence.split(":")[0] for each in found] == ["SPF", "DKIM", "DKIM", "DMARC"]


@pytest.mark.parametrize(("records", "state", "words"), MISTAKES)
def test_each_mistake_is_told(
    settings: Settings, records: dict[str, tuple[str, ...]], state: State, words: str
) -> None:
    """One record that is wrong or missing is named, with what to do; the others stay well."""
    found = examined(settings, GOOD | records)
    (told,) = [each for each in found if words in each.sentence]
    assert told.state is state
    assert bool(told.advice) == (state is State.PROBLEM)
    assert sum(each.state is State.PROBLEM for each in found) == (state is State.PROBLEM)


def test_another_selector_is_asked_for_by_name(settings: Settings) -> None:
    """`--dkim-selector` says which key one's own server signs with."""
    records = {f"mx._domainkey.{DOMAIN}": ("v=DKIM1; p=MIGf",)}
    assert any(
        "mx._domainkey" in each.sentence and each.state is State.OK for each in examined(settings, records, "mx")
    )


def test_without_a_name_server_nothing_is_claimed(settings: Settings) -> None:
    """Where nobody answers, the records are not said to be missing."""
    with NameServer({}) as server:
        silent = server.address
    (found,) = the_senders(settings, Names.by(silent), ())
    assert found.state is State.NOT_CHECKED
    assert "could not be asked" in found.sentence
