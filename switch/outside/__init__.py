"""What flows reach outside of the switch: web services, tables, mailboxes.

Knows nothing of calls. Whatever waits here waits behind the loop, bounded in time and number.
"""
