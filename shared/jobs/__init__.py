"""The record of a job: the truth that every message only points at."""
