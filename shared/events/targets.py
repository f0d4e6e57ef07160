"""Whether an endpoint may be registered; each delivery asks again, of the very address it connects to."""

import socket
from ipaddress import ip_address
from urllib.parse import urlsplit

from shared.urlguard import UrlRules, check_address, check_url


def check_target(url: str, rules: UrlRules) -> None:
    """Raise UrlNotAllowed for a URL that no delivery would reach, as far as that can be known now.

    A name that does not resolve at the moment is let through: each delivery looks anew.
    """
    check_url(url, rules)
    host = urlsplit(url).hostname or ""
    if rules.trusts(host):
        return
    try:
        found = socket.getaddrinfo(host, None, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError):
        return
    for *_, address in found:
        check_address(ip_address(str(address[0]).partition("%")[0]))
