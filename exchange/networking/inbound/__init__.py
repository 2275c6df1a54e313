"""Bytes of a client → checked requests, in the reader threads: who is it, how much may they, what do they ask.

Must not touch the engine or answer anybody: it only fills the inbound queue.
"""
