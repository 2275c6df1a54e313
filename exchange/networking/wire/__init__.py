"""What is said on the wire, seen from the exchange: one line ⇄ one value.  No socket, no thread, no clock.

Must not know who sends or hears a line.  Everything that a client may write or read is spelled here and nowhere
else.  Reading order:

* `requests`       what a line may ask of the session, and `BadRequest`
* `limits`         how long, how deep, how many: every limit of the protocol
* `line_reader`    bytes → lines
* `strict_json`    a line → a strict JSON object
* `fields`         a field's JSON value → a checked value
* `form`           what the rules of one request type look like
* `request_forms`  the tables of all requests
* `everyday`       a line → a request, for what comes by the million
* `decode`         a line → a request
* `codes`          what is told of lines that the rules of the market never come to judge
* `refusals`       a request that was read well → what is told where it is not carried out
* `encode`         event or answer → line
* `encode_feeds`   market data → line
* `session_lines`  what is said of sessions → line
* `operator_lines` what the operator is told → line
"""
