"""Celery outside, pure pixels inside."""
