"""Who can reach the API: from outside nobody is let in without somebody having said so."""

import ipaddress

from shared.errors import SettingsInvalid
from shared.settings import Settings


def check_exposure(settings: Settings) -> None:
    """Raises SettingsInvalid where everyone in the network would be let in unasked."""
    if settings.auth == "off" and not settings.allow_anonymous and not _is_loopback(settings.host):
        raise SettingsInvalid(
            f"CUTROOM_HOST={settings.host} can be reached from other machines, and CUTROOM_AUTH=off lets"
            " everyone in: set CUTROOM_AUTH=keys, or CUTROOM_ALLOW_ANONYMOUS=true if that is what you want"
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
