"""What went over SIP's sockets, kept for a while: taken off the loop, sealed, searched, drawn.

The driver appends one tuple for each message to `Tap.inbox`. A few times a second `Tap` seals
what has come into a frame; frames lie in rings of bounded size, and a thread writes them into
files of bounded size. Whoever asks (`freeline trace`) reads frames in a process of its own.
"""
