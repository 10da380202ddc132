"""Freeline: a telephony switch and IVR server.

`app` composes everything; see ARCHITECTURE in the documentation for what may import what.
"""

__version__ = "0.1.0"
