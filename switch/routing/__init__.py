"""Who takes which call: queues, agents, skills. PURE: no clock, no task, no SIP.

Whoever drives the `Router` hands in the time and carries its events out. The package
imports leaves only, so that a simulation can run a day of calls in seconds.
"""
