"""Trunks: carriers that we call through, and how each of their servers stands.

Knows SIP and nothing of calls, flows or agents; time and randomness come in.
"""
