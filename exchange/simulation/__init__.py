"""Traders made of code: they use the TCP client library and nothing else of the exchange."""
