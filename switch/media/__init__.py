"""Media: RTP in worker processes, driven by messages. Knows nothing of SIP or of calls."""
