"""Servers that contract suites run against."""

from tests.integration.swift.server import swift

__all__ = ["swift"]
