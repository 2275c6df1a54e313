"""Helpers that know no trading word and import nothing of ours."""
