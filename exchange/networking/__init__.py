"""The bridge between TCP and the engine: knows messages, decides nothing.

    lines       protocol is the face of all that spells them: json_line, protocol_fields and protocol_decode (in),
                protocol_encode and protocol_session (out); requests is what they ask for beyond engine commands
    server      tcp_server, tls, connection_reader with line_reader and rate_limit (in), connection, outbox and
                backlogs (out), heartbeats
    sessions    login_desk and credentials (who is it), session_desk and sessions (what was missed)
    publishing  publisher, market_data
    operator    operator_channel, operator_conversation, operator_wish
    client      tcp_client, client_connection, client_sender, client_requests, client_errors, book_follower,
                token_store

PROTOCOL.md is the wire in words.  Reading order: `protocol`, `connection_reader`, `publisher`, `tcp_client`.
"""
