"""What is on disk: knows bytes and the order of writes, so that what anybody was told survives.

It must not decide anything about trading, change an order, or know of sockets and connections.

To read: `places` (where things are), then by file

    journal_format, command_record      the journal's bytes     journal_writer, journal_reader    its two ends
    snapshot_files                      the state as a file     snapshotting_journal → snapshot_process →
                                                                snapshot_child    made beside the running market
    snapshot_marks                      how ledger and logs stood then
    trade_writer, ledger_reader         the ledger              audit_log, audit_lines, audit_log_reader
                                                                logs_<user>.txt
    data_directory                      all of these together, with `recovery`, `completion` and
                                        `lines_beyond_journal`
    verify, verify_journal, verify_ledger, verify_audit_logs    each against the others, with
                                        `verify_findings` and `numbered_line_reader`
    instruments_file                    what is listed          engine_id                         whose data it is
"""
