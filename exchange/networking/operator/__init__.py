"""The operator's own way in: a local socket in the data directory, one JSON object per line.

Must not touch the engine: an operator's request goes through the same queue as everybody's.
"""
