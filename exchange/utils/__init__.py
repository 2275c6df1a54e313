"""Helpers without a trading word: files, threads, time, the command line.  Anything may import them.

They must not import anything of ours, read a clock on their own, or know what the bytes mean that they carry.

To read: `disk`, `helpers`, `numbered_lines`, `directory_lock` (files); `batch_thread`, `logger` (a thread that
writes), `prepared_thread`, `doorbell`; `command_line`, `interruption`, `data_home` (what commands share);
`visible_text` (what a terminal may be shown); `sound_clock`, `time_shares`, `waits`, `duration_counts` (time);
`tls`, `memory`.
"""
