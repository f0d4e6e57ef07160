from ipaddress import ip_address
from unittest.mock import patch

import pytest

from shared.errors import UrlNotAllowed
from shared.urlguard import UrlRules, check_address, check_url, guarded_session

HTTPS_ONLY = UrlRules()
HTTP_TOO = UrlRules(allow_http=True)

REFUSED_ADDRESSES = """
    127.0.0.1 127.1.2.3 0.0.0.0 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 100.100.100.200
    168.63.129.16 192.0.0.8 192.0.0.192 192.0.2.1 192.88.99.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1
    239.255.255.255 240.0.0.1 255.255.255.255
    ::1 :: ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:100.64.0.1 ::ffff:224.0.0.1 64:ff9b::7f00:1
    64:ff9b::808:808 64:ff9b:1::7f00:1 100::1 2001::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:808:808:: 3fff::1
    5f00::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1
""".split()  # noqa: SIM905 a list of quoted addresses cannot be read

DISGUISED_HOSTS = """
    2130706433 0x7f000001 0x7f.1 0177.0.0.1 127.1 127.0.1 017700000001 1.2.3 8.8.8 134744072 127.0.0.1. 1.2.3.0x4
    [::1%25eth0] [fe80::1%25lo]
""".split()  # noqa: SIM905 a list of quoted addresses cannot be read


@pytest.mark.parametrize("address", REFUSED_ADDRESSES)
def test_an_address_that_is_not_public_is_refused(address):
    with pytest.raises(UrlNotAllowed):
        check_address(ip_address(address))
    literal = f"[{address}]" if ":" in address else address
    with pytest.raises(UrlNotAllowed):
        check_url(f"https://{literal}/x.png", HTTPS_ONLY)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_a_public_address_is_allowed(address):
    check_address(ip_address(address))


@pytest.mark.parametrize("host", DISGUISED_HOSTS)
def test_an_address_in_disguise_is_refused(host):
    with pytest.raises(UrlNotAllowed):
        check_url(f"https://{host}/x.png", HTTPS_ONLY)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/x.png",
        "https://example.com:443/x.png?a=b#c",
        "https://example.com:80/",
        "https://münchen.example/x.png",
        "https://a-b.example.com./",
        "https://[2606:4700:4700::1111]/",
    ],
)
def test_an_ordinary_url_is_allowed(url):
    check_url(url, HTTPS_ONLY)


@pytest.mark.parametrize(
    "url",
    [
        "", "x.png", "//example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/",
        "javascript:1", "http://example.com/", "https://", "https:///x", "https://user@example.com/",
        "https://user:pw@example.com/", "https://example.com:22/", "https://example.com:8443/",
        "https://example.com:99999/", "https://example.com:x/", "https://exa mple.com/",
        "https://example.com/\r\nX: y", "https://example.com\\@127.0.0.1/", "https://example.com/" + "x" * 3000,
        "https://[::1/", " https://example.com/",
    ],
)  # fmt: skip
def test_an_odd_url_is_refused(url):
    with pytest.raises(UrlNotAllowed):
        check_url(url, HTTPS_ONLY)


def test_plain_http_is_the_operators_choice():
    check_url("http://example.com/", HTTP_TOO)
    with pytest.raises(UrlNotAllowed, match="only https"):
        check_url("http://example.com/", HTTPS_ONLY)


def test_an_allowed_host_may_be_private_and_use_any_port():
    rules = UrlRules(allowlist=("Files.internal", "10.0.0.7"))
    check_url("http://files.INTERNAL:9000/x.png", rules)
    check_url("https://10.0.0.7:8443/x.png", rules)
    for url in ("http://files.internal.evil.example:9000/", "https://10.0.0.8/", "ftp://files.internal/"):
        with pytest.raises(UrlNotAllowed):
            check_url(url, rules)
    with pytest.raises(UrlNotAllowed, match="user name"):
        check_url("http://files.internal@10.0.0.8/", rules)


def resolving_to(*addresses):
    """A resolver that gives one address after the other, as a rebinding name server does."""
    answers = iter(addresses)

    def resolve(host, port, *_, **__):
        address = next(answers)
        family = 10 if ":" in address else 2
        return [(family, 1, 6, "", (address, port or 443))]

    return patch("socket.getaddrinfo", side_effect=resolve)


@pytest.mark.parametrize("address", REFUSED_ADDRESSES)
def test_a_name_that_leads_inside_is_refused_before_anything_is_sent(address):
    with (
        resolving_to(address),
        patch("socket.socket.connect", side_effect=AssertionError("connected")),
        pytest.raises(UrlNotAllowed),
        guarded_session(HTTPS_ONLY, total_seconds=5) as session,
    ):
        session.get("https://example.com/")


def test_the_address_that_was_checked_is_the_one_connected_to():
    seen = []

    def connect(address, *_, **__):
        seen.append(address)
        raise OSError("enough")

    with (
        resolving_to("8.8.8.8", "127.0.0.1"),
        patch("urllib3.util.connection.create_connection", side_effect=connect),
        pytest.raises(OSError, match="enough"),
        guarded_session(HTTPS_ONLY, total_seconds=5) as session,
    ):
        session.get("https://example.com/")
    assert seen == [("8.8.8.8", 443)]


@pytest.mark.parametrize("url", ["https://2130706433/", "https://example.com:22/", "http://example.com/"])
def test_the_session_applies_the_rules_without_being_asked(url):
    with (
        patch("socket.socket.connect", side_effect=AssertionError("connected")),
        pytest.raises(UrlNotAllowed),
        guarded_session(HTTPS_ONLY, total_seconds=5) as session,
    ):
        session.get(url)


def test_no_proxy_of_the_environment_is_used(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with (
        resolving_to("10.0.0.1"),
        pytest.raises(UrlNotAllowed),
        guarded_session(HTTPS_ONLY, total_seconds=5) as session,
    ):
        session.get("https://example.com/")
