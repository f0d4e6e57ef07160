"""Which addresses the server may call for somebody else: pictures' URLs and webhooks (SSRF).

The name is resolved once, by requests-hardened, and the connection goes to the very address that was checked.
All rules are applied again to what is really connected to, so no two URL parsers can disagree to any avail.
"""

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import SplitResult, urlsplit

from requests import PreparedRequest, RequestException, Response, Timeout
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from requests_hardened import Config, HTTPSession
from requests_hardened.ip_filter import InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter
from urllib3 import HTTPConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.util.ssl_ import create_urllib3_context

from shared.cutoff import Cutoff
from shared.errors import UrlNotAllowed

MAX_URL_LENGTH = 2048
CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0

_DEFAULT_PORTS = {"http": 80, "https": 443}

# Called global by `ipaddress` of Python 3.11, or leading to an address inside that it does not see.
_ALSO_REFUSED = tuple(
    ip_network(network)
    for network in (
        "100.64.0.0/10",  # carriers' and clouds' inner networks; a metadata service at 100.100.100.200
        "168.63.129.16/32",  # a cloud's platform service, global by its number only
        "192.0.0.0/24",  # protocol assignments; a metadata service at 192.0.0.192
        "192.88.99.0/24",  # 6to4 relays
        "::/96",  # IPv4 inside, the deprecated form
        "64:ff9b::/96",  # NAT64: IPv4 inside
        "64:ff9b:1::/48",  # NAT64 of a local network
        "2001::/23",  # protocol assignments; Teredo: IPv4 inside
        "2002::/16",  # 6to4: IPv4 inside
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fec0::/10",  # site-local
    )
)

# What `inet_aton` takes for an address: 2130706433, 0x7f000001, 0177.0.0.1, 127.1.
_NUMERIC_LABEL = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}")


@dataclass(frozen=True, slots=True)
class UrlRules:
    """What the operator allows."""

    allow_http: bool = False
    """Plain http, not only https."""
    allowlist: tuple[str, ...] = ()
    """Hosts that may be private, use plain http and any port."""

    def trusts(self, host: str) -> bool:
        """Whether the operator vouches for this host."""
        return host.lower().rstrip(".") in {trusted.lower() for trusted in self.allowlist}


def check_url(url: str, rules: UrlRules) -> None:
    """Raise UrlNotAllowed unless the URL may be called, as far as that shows before its name is resolved."""
    parts = _split(url)
    host = parts.hostname or ""
    if parts.username is not None or parts.password is not None:
        raise UrlNotAllowed("a URL with a user name or password is not fetched")
    if not rules.trusts(host):
        _check_host(host)
    _check_door(parts.scheme, host, parts.port or _DEFAULT_PORTS.get(parts.scheme, 0), rules)


def check_address(address: IPv4Address | IPv6Address) -> None:
    """Raise UrlNotAllowed unless the address is a public one."""
    inner = getattr(address, "ipv4_mapped", None) or address
    is_special = inner.is_multicast or inner.is_reserved or inner.is_unspecified
    if is_special or not inner.is_global or any(inner in network for network in _ALSO_REFUSED):
        raise UrlNotAllowed("the address is not public")


@contextmanager
def guarded_session(rules: UrlRules, *, total_seconds: float) -> Iterator[HTTPSession]:
    """A session that connects only where the rules allow, follows no redirect, and ends with its time.

    Its requests raise UrlNotAllowed, or RequestException as usual. After `total_seconds` its connections are
    shut and the block ends with Timeout, even where the body seemed to have come to an end.
    """
    timeouts = (min(CONNECT_SECONDS, total_seconds), min(READ_SECONDS, total_seconds))
    config = Config(
        ip_filter_enable=True,
        ip_filter_allow_loopback_ips=False,
        never_redirect=True,
        default_timeout=timeouts,
        user_agent_override="cutroom",
    )
    with Cutoff(total_seconds) as cutoff, _Session(config) as session:
        session.trust_env = False  # a proxy would connect where we did not look
        for scheme in _DEFAULT_PORTS:
            session.mount(f"{scheme}://", _GuardedAdapter(scheme, rules, cutoff))
        with _timed(cutoff):
            yield session


@contextmanager
def _timed(cutoff: Cutoff) -> Iterator[None]:
    """Timeout, whichever way a connection that was shut shows itself."""
    try:
        yield
    except (RequestException, HTTPError) as error:
        if cutoff.is_over:
            raise Timeout("the total time is over") from error
        raise
    if cutoff.is_over:
        raise Timeout("the total time is over")


class _Session(HTTPSession):  # type: ignore[misc]  # untyped upstream
    def get_redirect_target(self, resp: Response) -> None:
        """None, or requests would read and unpack a redirect's whole body into memory."""


class _GuardedAdapter(IPFilterAdapter):  # type: ignore[misc]  # untyped upstream
    """Resolves once and pins, as upstream does; applies our rules to the outcome; watches the sockets."""

    def __init__(self, scheme: str, rules: UrlRules, cutoff: Cutoff) -> None:
        self._rules = rules
        self._cutoff = cutoff
        super().__init__(is_https_proto=scheme == "https")

    def init_poolmanager(self, *args: Any, **named: Any) -> None:
        """With certificates that are read once in a process; requests reads them for every connection, 20 ms."""
        super().init_poolmanager(*args, ssl_context=_trusted(), **named)

    def cert_verify(self, conn: Any, url: str, verify: bool | str, cert: Any) -> None:
        """Always."""
        conn.cert_reqs = "CERT_REQUIRED"

    def build_connection_pool_key_attributes(
        self, request: PreparedRequest, verify: bool | str, cert: Any = None
    ) -> tuple[Any, Any]:
        """The address to connect to, checked. Raises UrlNotAllowed."""
        asked, tls = HTTPAdapter.build_connection_pool_key_attributes(self, request, verify, cert)
        port = asked["port"] or _DEFAULT_PORTS[asked["scheme"]]
        _check_door(asked["scheme"], asked["host"], port, self._rules)
        if self._rules.trusts(asked["host"]):
            return asked, tls
        _check_host(asked["host"])
        return self._pinned(request, verify, cert)

    def get_connection_with_tls_context(self, *args: Any, **named: Any) -> HTTPConnectionPool:
        """A pool whose new connections are watched."""
        pool: HTTPConnectionPool = super().get_connection_with_tls_context(*args, **named)
        pool.ConnectionCls = _watched(type(pool).ConnectionCls, self._cutoff)
        return pool

    def _pinned(self, request: PreparedRequest, verify: bool | str, cert: Any) -> tuple[Any, Any]:
        try:
            asked, tls = super().build_connection_pool_key_attributes(request, verify, cert)
        except InvalidIPAddress as error:
            raise UrlNotAllowed("the address is not public") from error
        check_address(ip_address(asked["host"].strip("[]")))
        return asked, tls


@cache
def _trusted() -> ssl.SSLContext:
    """Whom requests trusts. Names are compared by urllib3, which knows the one asked for before it was pinned."""
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    context.check_hostname = False
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    return context


def _watched(connection_class: Any, cutoff: Cutoff) -> Any:
    class Watched(connection_class):  # type: ignore[misc]
        def _new_conn(self) -> Any:
            connection = super()._new_conn()
            cutoff.watch(connection)
            return connection

    return Watched


def _split(url: str) -> SplitResult:
    """The parts of what requests makes of the URL. Raises UrlNotAllowed where that is nothing."""
    if len(url) > MAX_URL_LENGTH or not url.isprintable() or " " in url or "\\" in url:
        raise UrlNotAllowed("the URL is not well-formed")
    prepared = PreparedRequest()
    try:
        prepared.prepare_url(url, None)
        parts = urlsplit(prepared.url or "")
        parts.port  # noqa: B018 reading it is what raises
    except (RequestException, ValueError) as error:
        raise UrlNotAllowed("the URL is not well-formed") from error
    return parts


def _check_host(host: str) -> None:
    """A name or a plain address; no address in disguise."""
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        last = host.rstrip(".").rpartition(".")[2]
        if not _HOST.fullmatch(host) or _NUMERIC_LABEL.fullmatch(last):
            raise UrlNotAllowed("the host is neither a name nor a plain address") from None
        return
    if getattr(address, "scope_id", None):
        raise UrlNotAllowed("the address is not public")
    check_address(address)


def _check_door(scheme: str, host: str, port: int, rules: UrlRules) -> None:
    """Scheme and port."""
    if scheme not in _DEFAULT_PORTS:
        raise UrlNotAllowed("only http and https URLs are fetched")
    if rules.trusts(host):
        return
    if scheme == "http" and not rules.allow_http:
        raise UrlNotAllowed("only https URLs are fetched")
    if port not in _DEFAULT_PORTS.values():
        raise UrlNotAllowed("only the ports 80 and 443 are fetched from")
