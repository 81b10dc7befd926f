"""The sender's domains: who may send for them (SPF), who signs (DKIM), and what receivers shall do (DMARC).

Large receivers refuse or hide bulk mail whose domain lacks one of the three (RFC 7208, RFC 6376, RFC 7489).
"""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parseaddr

from engine.app.doctor.finding import Finding, ok, problem, unchecked, warning
from engine.app.doctor.names import Names, UnansweredError
from engine.rendering.brand import read_brand
from engine.rules.loader import load
from engine.settings import Settings
from engine.workspace import read_files

_NOBODYS = ("test", "example", "invalid", "localhost")
"""Top-level domains that no name server knows (RFC 2606)."""
_BY_PROVIDER = {"sendgrid": ("s1", "s2")}


def the_senders(settings: Settings, names: Names, selectors: tuple[str, ...]) -> Iterator[Finding]:
    """Look at each domain that mail comes from."""
    for domain in sender_domains(settings):
        about = f"sender {domain}"
        if domain.rpartition(".")[2] in _NOBODYS:
            yield warning(about, f"{domain} is a name for examples, which no receiver knows", "change brand.yaml")
            continue
        try:
            yield _spf(about, domain, names)
            yield from _dkim(about, domain, names, selectors or _BY_PROVIDER.get(settings.provider, ()))
            yield _dmarc(about, domain, names)
        except UnansweredError as error:
            yield unchecked(about, f"the domain name system could not be asked ({error})")


def sender_domains(settings: Settings) -> tuple[str, ...]:
    """Return the domains of the brand's sender and of every topic's own, in order."""
    files = read_files(settings.workspace).files
    brand, _ = read_brand(files)
    topics = load(files, zone=settings.time_zone).rules.topics.values()
    written = (brand.sender[1], *(parseaddr(topic.sender)[1] for topic in topics if topic.sender))
    return tuple(dict.fromkeys(address.rpartition("@")[2].lower() for address in written if "@" in address))


def _spf(about: str, domain: str, names: Names) -> Finding:
    found = [text for text in names.texts(domain) if text.lower().split(" ")[0] == "v=spf1"]
    if not found:
        return problem(about, f"{domain} has no SPF record", 'add a TXT record such as "v=spf1 include:... -all"')
    if len(found) > 1:
        return problem(about, f"{domain} has {len(found)} SPF records, which receivers take for none", "keep one")
    if "+all" in found[0].lower().split() or "all" in found[0].lower().split():
        return problem(about, f"SPF of {domain} lets everybody send for it (+all)", "end it with ~all or -all")
    return ok(about, f"SPF: {found[0]}")


def _dkim(about: str, domain: str, names: Names, selectors: tuple[str, ...]) -> Iterator[Finding]:
    if not selectors:
        yield unchecked(about, "DKIM: the selector your server signs with is not known", "name it with --dkim-selector")
    for selector in selectors:
        name = f"{selector}._domainkey.{domain}"
        keys = [_tags(text).get("p") for text in names.texts(name)]
        if any(keys):
            yield ok(about, f"DKIM: there is a key at {name}")
        elif "" in keys:
            yield problem(about, f"DKIM: the key at {name} was withdrawn", "let your provider sign with another")
        else:
            yield problem(about, f"DKIM: there is no key at {name}", "add the records that your provider names")


def _dmarc(about: str, domain: str, names: Names) -> Finding:
    """Look at the domain itself, then at those above it, since a record there holds below."""
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        name = f"_dmarc.{'.'.join(labels[start:])}"
        found = [tags for text in names.texts(name) if (tags := _tags(text)).get("v") == "DMARC1"]
        if len(found) > 1:
            return problem(about, f"{name} has {len(found)} DMARC records, which receivers take for none", "keep one")
        if found:
            return ok(about, f"DMARC: p={found[0].get('p', 'none')} at {name}")
    advice = f'add a TXT record at _dmarc.{domain}, at first "v=DMARC1; p=none; rua=mailto:..."'
    return problem(about, f"{domain} has no DMARC record, which large receivers demand", advice)


def _tags(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, sign, value in pairs if sign}
