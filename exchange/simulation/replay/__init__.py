"""Recorded order flow, played against a running exchange and compared with history.

Must not reach the exchange but through the client library.
"""
