#!/usr/bin/env node
// A small trading client: shows the book, places one order if asked to, prints its fills.  Ends with Ctrl-C.
//
//   node client.mjs --user alice --state alice.json --order BUY,10,101.25
//
// Written from exchange/networking/PROTOCOL.md alone, with nothing but Node's standard library: a start for your own.
// It may read and write the one file it is given (token and last event, mode 0600) and talk to the exchange.

import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

const HEARTBEAT_S = 5;

const USAGE = `usage: client.mjs --user NAME --state FILE [options]
  --user NAME                    who trades
  --state FILE                   keeps the token and the last event, readable by you alone
  --host HOST                    where the exchange runs (127.0.0.1)
  --port PORT                    the port it listens on (9009)
  --symbol SYMBOL                the instrument (ACME)
  --order SIDE,QUANTITY,PRICE    place this order: BUY,10,101.25
  --help                         this text`;

function refuse(reason) {
  console.error(`client.mjs: ${reason} (see --help)`);
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

// --- what must survive this process: the token, and the last private event that was worked through ----------------

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
  console.log(`book: bid ${best(book.BID, Math.max)} | ask ${best(book.ASK, Math.min)}`);
}

// --- what the exchange says ------------------------------------------------------------------------------------------

const handlers = {
  logged_in({ user, token, next_seq }) {
    if (token) state.token = token;
    keepState();
    console.log(`logged in as ${user}, next event ${next_seq}`);
    send({ type: 'subscribe', channel: 'book', symbol: options.symbol });
    if (options.order) placeOrder(...options.order.split(','));
  },
  book_snapshot(message) { takeSnapshot(message); showBook(); },
  book_update(message) { takeUpdate(message); showBook(); },
  order_accepted({ order_id, client_order_id }) { console.log(`accepted: order ${order_id} (${client_order_id})`); },
  order_executed({ side, quantity, price, remaining_quantity, status }) {
    console.log(`filled: ${side} ${quantity} @ ${price}, ${remaining_quantity} remaining, ${status}`);
  },
  order_canceled({ order_id, reason }) { console.log(`canceled: order ${order_id}, ${reason}`); },
  order_replaced({ order_id, price, quantity }) { console.log(`replaced: order ${order_id} now ${quantity} @ ${price}`); },
  order_expired({ order_id }) { console.log(`expired: order ${order_id}`); },
  order_triggered({ order_id, stop_price }) { console.log(`triggered: order ${order_id} at ${stop_price}`); },
  instrument_status({ symbol, phase }) { console.log(`${symbol} is now ${phase}`); },
  gap({ from, to }) { console.log(`missed: events ${from} to ${to}; their fills follow`); },
  order_rejected: refused, login_rejected: refused, error: refused,
};

function refused({ type, code, text }) {
  console.log(`${type}: ${code}: ${text}`);
  if (type === 'login_rejected') process.exitCode = 1;
}

function placeOrder(side, quantity, price) {
  const client_order_id = `node-${Date.now()}`;
  send({ type: 'new_order', client_order_id, symbol: options.symbol, side, order_type: 'LIMIT',
    quantity: Number(quantity), price: Number(price) });
}

// --- the connection -----------------------------------------------------------------------------------------------

const socket = net.connect(Number(options.port), options.host);
let isConnected = false;
const send = (message) => socket.write(`${JSON.stringify(message)}\n`);

socket.on('connect', () => {
  socket.setNoDelay(true);
  isConnected = true;
  const known = state.token ? { token: state.token, last_seq: state.seq } : {};
  send({ type: 'login', user: options.user, heartbeat_s: HEARTBEAT_S, ...known });
});
const lines = createInterface({ input: socket });
lines.on('error', () => {}); // Newer versions of Node repeat the socket's errors here; the socket's are told below.
lines.on('line', (line) => {
  const message = JSON.parse(line);
  if (message.seq <= state.seq) return; // A private event that was worked through before.
  handlers[message.type]?.(message);
  if (message.seq > state.seq) {
    state.seq = message.seq;
    keepState();
  }
});
setInterval(() => send({ type: 'ping' }), HEARTBEAT_S * 1000).unref();
socket.on('error', (error) => {
  const what = isConnected ? 'the connection broke' : `cannot reach an exchange at ${options.host}:${options.port}`;
  // Where a name has several addresses Node has a message for each of them, and none for all.
  console.error(`client.mjs: ${what}: ${error.message || error.code}`);
  process.exitCode = 1;
});
socket.on('close', () => { if (isConnected) console.log('the connection is closed'); });
process.on('SIGINT', () => send({ type: 'logout' }));
