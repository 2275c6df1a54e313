"""What stands behind `tcp_client`: the other end of the wire, for bots, simulators and screens.

Must not import anything of the server's side: it knows the exchange by its lines alone.  Reading order:

    message_json       one message ⇄ one line of JSON, exact prices    message_lines  bytes ⇄ lines ⇄ messages
    engine_connection  lines ⇄ the socket
    request_messages   the requests, by the protocol's field names
    request_sender     the half that sends and does not wait: `send_order` …
    typed_events       what is said, as typed values    typed_answers  what is answered    message_to_event  makes
    them questions          what is asked, and which answers it (answer_matching)
    message_reader     the half that reads: answers, events
    book_follower      a copy of a book, kept current   followed_books  all of a connection's   feed_subscriptions
    message_client     connects, logs in, sends and reads; messages are dicts
    exchange_client    asks and waits, in typed values    order_entry  its orders
    async_exchange_client  the same for asyncio    stream_line  its sending half
    bot                a room of its own: `Bot`, what it knows and what drives it
    depth_history      depth over time, as heat maps show it  depth_gaps  when it was not known
    token_store        where a user's tokens are kept  kept_login, login_proof  being let in by them
    engine_addresses   where which exchange was last seen
    errors             what is raised
"""
