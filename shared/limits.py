"""The limits that settings put on pictures and on what is fetched, in the form that each room takes."""

from shared.download import DownloadLimits
from shared.picture import PictureLimits
from shared.settings import Settings
from shared.urlguard import UrlRules


def picture_limits(settings: Settings) -> PictureLimits:
    """What a picture may be."""
    return PictureLimits(
        max_bytes=settings.max_bytes,
        max_megapixels=settings.max_megapixels,
        max_side_px=settings.max_side_px,
    )


def url_rules(settings: Settings) -> UrlRules:
    """What may be fetched for others."""
    return UrlRules(allow_http=settings.allow_http_urls, allowlist=settings.url_allowlist)


def download_limits(settings: Settings) -> DownloadLimits:
    """How much of it."""
    return DownloadLimits(max_bytes=settings.max_download_bytes, total_seconds=settings.download_seconds)
