"""Questions to the domain name system."""

from __future__ import annotations

from dataclasses import dataclass

import dns.exception
import dns.resolver

_PATIENCE = 5.0
_NOTHING = (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.resolver.NoNameservers)


class UnansweredError(Exception):
    """No name server answered."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """Whom to ask."""

    resolver: dns.resolver.Resolver

    @classmethod
    def by(cls, nameserver: str) -> Names:
        """Return the machine's own name servers, or the one that is named as `host` or `host:port`."""
        if not nameserver:
            return cls(resolver=_own())
        host, _, port = nameserver.partition(":")
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = [host], int(port or 53)
        return cls(resolver=resolver)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the TXT records of a name, aliases followed; raises UnansweredError where nobody could be asked."""
        try:
            answer = self.resolver.resolve(name, "TXT", lifetime=_PATIENCE, search=False)
        except dns.resolver.NoResolverConfiguration as error:
            raise UnansweredError(str(error)) from None
        except _NOTHING as error:
            if isinstance(error, dns.resolver.NoNameservers):
                raise UnansweredError("every name server failed") from None
            return ()
        except dns.exception.DNSException as error:
            raise UnansweredError(str(error).split(": Server ")[0] or type(error).__name__) from None
        return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in answer)


def _own() -> dns.resolver.Resolver:
    try:
        return dns.resolver.Resolver()
    except dns.resolver.NoResolverConfiguration:
        return dns.resolver.Resolver(configure=False)
