"""Simulated users: what each wants (agents), what it does about it (trader), all of them together (simulator).

Must not reach the exchange but through the client library.
"""
