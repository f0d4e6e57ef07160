"""The keeper: one small process, of which two may run, that makes up for lost messages and dead workers."""
