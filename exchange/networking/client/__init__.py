"""What stands behind `tcp_client`: the other end of the wire, for bots, simulators and screens.

Must not import anything of the server's side: it knows the exchange by its lines alone.  Reading order:

    message_json       one message ⇄ one line of JSON, exact prices
    engine_connection  lines ⇄ the socket
    request_messages   the requests, by the protocol's field names
    request_sender     the half that sends and does not wait: `send_order` …
    answer_matching    which message answers which request
    message_reader     the half that reads: answers, events
    typed_events       what is said, as typed values    message_to_event  makes them
    feed_subscriptions the public feeds            book_follower  a copy of a book, kept current
    typed_answers      what is answered, likewise  questions         what is asked, and which answers it
    message_client     connects, logs in, sends and reads; messages are dicts
    exchange_client    asks and waits, in typed values
    depth_history      depth over time, as heat maps show it
    bot                a room of its own: `Bot`, what it knows and what drives it
    token_store        where a user's tokens are kept  kept_login  being let in by them
    engine_addresses   where which exchange was last seen
    errors             what is raised
"""
