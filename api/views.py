"""What we answer about a job: the views that webhooks carry too."""

from shared.views.base import Moment, View, moment
from shared.views.job import JobView, job_view, signed_url
from shared.views.outlook import Outlook

__all__ = ["JobView", "Moment", "Outlook", "View", "job_view", "moment", "signed_url"]
