"""Flows tried without a telephone: callers and the world as written in scenarios.

PURE: a rehearsed call has a clock that jumps, so that an hour in a queue takes no time and
a wait of 4.9 seconds is exactly that.
"""
