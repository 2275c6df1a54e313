"""The plain client: prompts line by line, on a terminal or through a pipe.

Must not decide anything: it shows what the engine said and sends what the person asked.
"""
