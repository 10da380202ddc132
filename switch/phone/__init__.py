"""A SIP phone without a face, on pjsua2: an agent's headset, or a caller with a script.

The only package that knows pjsua2, which is an optional extra (`freeline[phone]`).
"""
