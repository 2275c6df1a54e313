"""The exchange's rules written as plainly as possible: what the engine is tested against.

It keeps every live order in one list and, for each question, filters and sorts that list.  It is slow, it has no
structure that could go stale, and each function can be read against one line of RULES.md.  It shares the value
types with the engine and nothing else.  Reading order: `values`, `memory`, `matching`, `auction`, `phases`,
`administration`, `entry`, `oracle`.
"""
