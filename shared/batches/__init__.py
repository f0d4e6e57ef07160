"""Many pictures under one id: lines that become jobs a few at a time."""
