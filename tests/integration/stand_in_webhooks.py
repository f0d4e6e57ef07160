"""The real sender of webhooks, in more of a hurry: what failed is tried again within a second."""

from worker.webhooks import __main__ as sender
from worker.webhooks import dispatch

dispatch.SCHEDULE_SECONDS = (0.2,) * len(dispatch.SCHEDULE_SECONDS)

if __name__ == "__main__":
    sender.main()
