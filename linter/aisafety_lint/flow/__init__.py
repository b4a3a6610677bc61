"""Flow of untrusted values over the linked program, from sources to sinks."""
