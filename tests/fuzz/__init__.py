"""Bytes that nobody should send, thrown at whatever takes bytes from the network.

`targets.py` are the doors, `mutation.py` makes the bytes, `campaign.py` throws them and watches.
`scripts/fuzz` runs as many as it is told; the tests run a few.
"""
