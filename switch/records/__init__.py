"""Call records: what is kept of every call, and where.

Reads `events` and nothing else of the switch, so that a record can never hold up or
fail a call.
"""
