"""remove.bg's API over our jobs: its parameters, its errors, its headers. docs/removebg.md says what differs."""
