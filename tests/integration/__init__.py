"""Against the real process and, wherever it can be, against software of others."""
