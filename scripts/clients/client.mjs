#!/usr/bin/env node
// A small trading client: shows the book, places one order if asked to, prints its fills.  Ends with Ctrl-C.
//
//   node client.mjs --user alice --state alice.json --order BUY,10,101.25
//
// Written from exchange/networking/PROTOCOL.md alone, with nothing but Node's standard library: a start for your own.
// It may read and write the one file it is given (tokens and last event, mode 0600) and talk to the exchange.

import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

const HEARTBEAT_S = 5;
// An exchange answers failed logins of one address ever later after the fifth.
const OTHER_TOKENS_TRIED_MAX = 3;

const USAGE = `usage: client.mjs --user NAME --state FILE [options]
  --user NAME                    who trades
  --state FILE                   keeps the token and the last event, readable by you alone
  --host HOST                    where the exchange runs (127.0.0.1)
  --port PORT                    the port it listens on (9009)
  --symbol SYMBOL                the instrument (ACME)
  --order SIDE,QUANTITY,PRICE    place this order: BUY,10,101.25
  --help                         this text`;

// A terminal obeys what it is shown (ESC ] 52 fills the clipboard), so what an exchange says is shown escaped.
const SHORT = { '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function visible(text) {
  return text.replace(/[^\x20-\x7e]/gu, (letter) => {
    const hex = letter.codePointAt(0).toString(16);
    if (hex.length > 4) return `\\U${hex.padStart(8, '0')}`;
    return SHORT[letter] ?? (hex.length > 2 ? `\\u${hex.padStart(4, '0')}` : `\\x${hex.padStart(2, '0')}`);
  });
}

const say = (line) => console.log(visible(line));
const complain = (line) => console.error(visible(`client.mjs: ${line}`));

function refuse(reason) {
  complain(`${reason} (see --help)`);
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs(OPTIONS).values;
  } catch (error) {
    return refuse(error.message.split('\n')[0]);
  }
}

const OPTIONS = {
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '9009' },
    user: { type: 'string' },
    state: { type: 'string' },
    symbol: { type: 'string', default: 'ACME' },
    order: { type: 'string' }, // SIDE,QUANTITY,PRICE
    help: { type: 'boolean', short: 'h' },
  },
};
const options = readOptions();
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
if (!options.user || !options.state) refuse('--user and --state are needed');
if (!/^[0-9]{1,5}$/.test(options.port) || options.port < 1 || options.port > 65535) {
  refuse(`port '${options.port}' is not a number from 1 to 65535`);
}
if (options.order && !/^(BUY|SELL),[0-9]+,[0-9]+(\.[0-9]+)?$/.test(options.order)) {
  refuse(`order '${options.order}' is not SIDE,QUANTITY,PRICE like BUY,10,101.25`);
}

// --- what must survive this process: the token, the last private event that was worked through, and the tokens of
// --- other exchanges -----------------------------------------------------------------------------------------------

const state = readState();

function readState() {
  if (!existsSync(options.state)) return { seq: 0 };
  try {
    return JSON.parse(readFileSync(options.state, 'utf8'));
  } catch (error) {
    return refuse(`${options.state} is not what this client keeps: ${error.message}`);
  }
}

function keepState() {
  const draft = `${options.state}.new`;
  writeFileSync(draft, JSON.stringify(state), { mode: 0o600 });
  chmodSync(draft, 0o600); // The mode above counts only for a file that is new.
  renameSync(draft, options.state);
}

// --- the book: a side is a Map from price to [quantity, orders]; prices of one symbol are always written alike ------

const book = { BID: new Map(), ASK: new Map(), sequence: 0 };

function takeSnapshot({ bids, asks, sequence }) {
  book.BID = new Map(bids.map(([price, ...totals]) => [price, totals]));
  book.ASK = new Map(asks.map(([price, ...totals]) => [price, totals]));
  book.sequence = sequence;
}

function takeUpdate({ changes, sequence }) {
  if (sequence !== book.sequence + 1) {
    send({ type: 'subscribe', channel: 'book', symbol: options.symbol }); // Something was lost: start anew.
    return;
  }
  book.sequence = sequence;
  for (const [side, price, quantity, orders] of changes) {
    if (quantity === 0) book[side].delete(price);
    else book[side].set(price, [quantity, orders]);
  }
}

function showBook() {
  const best = (side, choose) => {
    if (side.size === 0) return '-';
    const price = choose(...side.keys());
    return `${side.get(price)[0]} @ ${price}`;
  };
  say(`book: bid ${best(book.BID, Math.max)} | ask ${best(book.ASK, Math.min)}`);
}

// --- what the exchange says ------------------------------------------------------------------------------------------

const handlers = {
  logged_in({ user, token = attempt.token, next_seq }) {
    const notice = whatIsUnlikeBefore(user, token, next_seq);
    if (attempt.isAfresh && !notice) { // It was not because of the past that it refused.
      refused(refusal);
      socket.destroy();
      return;
    }
    keepState();
    if (notice) complain(notice);
    say(`logged in as ${user}, next event ${next_seq}`);
    send({ type: 'subscribe', channel: 'book', symbol: options.symbol });
    if (options.order) placeOrder(...options.order.split(','));
  },
  login_rejected(message) {
    refusal ??= message;
    if (attempt.token && attempt.token === state.token) {
      const others = (state.others ?? []).slice(0, OTHER_TOKENS_TRIED_MAX);
      if (message.code === 'BAD_VALUE' && attempt.last_seq) attempts.push({ token: state.token, isAfresh: true });
      if (message.code === 'BAD_TOKEN') attempts.push({}, ...others.map((token) => ({ token })));
    }
    if (attempts.length === 0) refused(refusal);
    socket.destroy(); // What is still to be tried comes when it is closed.
  },
  book_snapshot(message) { takeSnapshot(message); showBook(); },
  book_update(message) { takeUpdate(message); showBook(); },
  order_accepted({ order_id, client_order_id }) { say(`accepted: order ${order_id} (${client_order_id})`); },
  order_executed({ side, quantity, price, remaining_quantity, status }) {
    say(`filled: ${side} ${quantity} @ ${price}, ${remaining_quantity} remaining, ${status}`);
  },
  order_canceled({ order_id, reason }) { say(`canceled: order ${order_id}, ${reason}`); },
  order_replaced({ order_id, price, quantity }) { say(`replaced: order ${order_id} now ${quantity} @ ${price}`); },
  order_expired({ order_id }) { say(`expired: order ${order_id}`); },
  order_triggered({ order_id, stop_price }) { say(`triggered: order ${order_id} at ${stop_price}`); },
  instrument_status({ symbol, phase }) { say(`${symbol} is now ${phase}`); },
  gap({ from, to }) { say(`missed: events ${from} to ${to}; their fills follow`); },
  order_rejected: refused, error: refused,
};

function refused({ type, code, text }) {
  say(`${type}: ${code}: ${text}`);
  if (type === 'login_rejected') process.exitCode = 1;
}

function placeOrder(side, quantity, price) {
  const client_order_id = `node-${Date.now()}`;
  send({ type: 'new_order', client_order_id, symbol: options.symbol, side, order_type: 'LIMIT',
    quantity: Number(quantity), price: Number(price) });
}

// --- the login: an exchange that is another one, or was put back from an older copy, is told apart -------------------

// What is still to be tried, each on a connection of its own, since a refused login ends its connection.
const attempts = [state.token ? { token: state.token, last_seq: state.seq } : {}];
let attempt;
let refusal = null; // The first one: it tells most, if nothing else fits.

// Takes over what counts from now on; returns the one line that says why it is not what it was before.
function whatIsUnlikeBefore(user, token, next_seq) {
  const before = state.token;
  state.token = token;
  if (before === undefined || (before === token && !attempt.isAfresh)) return '';
  const [seen, known] = [state.seq, next_seq - 1];
  if (before === token) {
    if (known >= seen) return '';
    state.seq = known;
    return `the exchange knows ${known} events of ${user}, this side ${seen}: it was put back from an older copy, `
      + 'and what it says counts';
  }
  state.others = [before, ...(state.others ?? []).filter((other) => other !== token)];
  state.seq = known;
  if (attempt.token) return `this is another exchange than the last time: it knows ${user} by an earlier token`;
  return `this exchange did not know ${user}: the name is claimed anew, and the token of the exchange before is `
    + `kept beside the new one in ${options.state}`;
}

// --- the connection -----------------------------------------------------------------------------------------------

let socket;
let isConnected = false;
const send = (message) => { if (socket.writable) socket.write(`${JSON.stringify(message)}\n`); };

function connect() {
  attempt = attempts.shift();
  socket = net.connect(Number(options.port), options.host);
  socket.on('connect', () => {
    socket.setNoDelay(true);
    isConnected = true;
    const { token, last_seq } = attempt;
    send({ type: 'login', user: options.user, heartbeat_s: HEARTBEAT_S, token, last_seq });
  });
  const lines = createInterface({ input: socket });
  lines.on('error', () => {}); // Newer versions of Node repeat the socket's errors here; the socket's are told below.
  const its = socket;
  lines.on('line', (line) => {
    if (its.destroyed) return; // What was read before, but is of no use any more.
    try {
      take(JSON.parse(line));
    } catch (error) {
      complain(`cannot go on after '${line.slice(0, 80)}': ${error.message}`);
      process.exitCode = 1;
      attempts.length = 0;
      socket.destroy();
    }
  });
  socket.on('error', (error) => {
    const what = isConnected ? 'the connection broke' : `cannot reach an exchange at ${options.host}:${options.port}`;
    // Where a name has several addresses Node has a message for each of them, and none for all.
    complain(`${what}: ${error.message || error.code}`);
    process.exitCode = 1;
    attempts.length = 0;
  });
  socket.on('close', () => {
    if (attempts.length > 0) connect();
    else if (isConnected) say('the connection is closed');
  });
}

function take(message) {
  if (message.seq <= state.seq) return; // A private event that was worked through before.
  if (Object.hasOwn(handlers, message.type)) handlers[message.type](message);
  if (message.seq > state.seq) {
    state.seq = message.seq;
    keepState();
  }
}

connect();
setInterval(() => send({ type: 'ping' }), HEARTBEAT_S * 1000).unref();
process.on('SIGINT', () => send({ type: 'logout' }));
