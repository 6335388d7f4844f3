'use strict';
// A client of the language server protocol over standard input and output: framing, requests with cancellation, answers to the
// server's requests. It knows nothing of Code.
const { spawn } = require('child_process');

const HEADER_END = Buffer.from('\r\n\r\n');

/** Takes bytes as they come and calls `receive` with each whole message. */
class Framer {
  constructor(receive) {
    this.receive = receive;
    this.bytes = Buffer.alloc(0);
  }

  add(chunk) {
    this.bytes = Buffer.concat([this.bytes, chunk]);
    for (;;) {
      const end = this.bytes.indexOf(HEADER_END);
      if (end < 0) return;
      const match = /content-length: *(\d+)/i.exec(this.bytes.toString('latin1', 0, end));
      if (!match) {
        // What is no header is passed over.
        this.bytes = this.bytes.subarray(end + HEADER_END.length);
        continue;
      }
      const start = end + HEADER_END.length;
      const length = Number(match[1]);
      if (this.bytes.length < start + length) return;
      const body = this.bytes.toString('utf8', start, start + length);
      this.bytes = this.bytes.subarray(start + length);
      let message;
      try {
        message = JSON.parse(body);
      } catch {
        continue;
      }
      this.receive(message);
    }
  }
}

/** What a request was answered by instead of a result. */
class ResponseError extends Error {
  constructor(error) {
    super(error.message);
    this.code = error.code;
  }
}

class Client {
  /**
   * @param {{command: string, args: string[], cwd?: string}} program
   * @param {{
   *   notification: (method: string, params: any) => void,
   *   request: (method: string, params: any) => any,
   *   log: (text: string) => void,
   *   end: (reason: string, wanted: boolean) => void,
   * }} handlers `request` returns or promises the result, or undefined where it does not know the method.
   */
  constructor(program, handlers) {
    this.handlers = handlers;
    this.pending = new Map();
    this.nextId = 1;
    this.isStopping = false;
    this.process = spawn(program.command, program.args, { cwd: program.cwd, stdio: ['pipe', 'pipe', 'pipe'] });
    const framer = new Framer((message) => this.receive(message));
    this.process.stdout.on('data', (chunk) => framer.add(chunk));
    this.process.stderr.on('data', (chunk) => handlers.log(chunk.toString('utf8').trimEnd()));
    // A write to a server that has gone is told by its end.
    this.process.stdin.on('error', () => {});
    this.ended = new Promise((resolve) => {
      const end = (reason) => {
        if (!this.process) return;
        this.process = null;
        for (const { reject } of this.pending.values()) reject(new ResponseError({ code: -32800, message: reason }));
        this.pending.clear();
        handlers.end(reason, this.isStopping);
        resolve();
      };
      this.process.on('error', (error) => end(error.code === 'ENOENT' ? 'ENOENT' : error.message));
      this.process.on('exit', (code, signal) => end(signal ? `ended by ${signal}` : `ended with ${code}`));
    });
  }

  get isRunning() {
    return this.process !== null && !this.isStopping;
  }

  send(message) {
    if (!this.process) return;
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }), 'utf8');
    this.process.stdin.write(`Content-Length: ${body.length}\r\n\r\n`);
    this.process.stdin.write(body);
  }

  notify(method, params) {
    this.send({ method, params });
  }

  /**
   * @param {{isCancellationRequested: boolean, onCancellationRequested: (call: () => void) => {dispose(): void}}} [token]
   */
  request(method, params, token) {
    if (!this.process) return Promise.reject(new ResponseError({ code: -32800, message: 'the server is not running' }));
    const id = this.nextId++;
    this.send({ id, method, params });
    return new Promise((resolve, reject) => {
      const listener = token?.onCancellationRequested(() => {
        if (this.pending.has(id)) this.notify('$/cancelRequest', { id });
      });
      const settle = (finish) => (value) => {
        listener?.dispose();
        finish(value);
      };
      this.pending.set(id, { resolve: settle(resolve), reject: settle(reject) });
    });
  }

  async receive(message) {
    if (message.method === undefined) {
      const waiting = this.pending.get(message.id);
      this.pending.delete(message.id);
      if (message.error) waiting?.reject(new ResponseError(message.error));
      else waiting?.resolve(message.result);
      return;
    }
    if (message.id === undefined) {
      this.handlers.notification(message.method, message.params);
      return;
    }
    try {
      const result = await this.handlers.request(message.method, message.params);
      if (result === undefined) {
        this.send({ id: message.id, error: { code: -32601, message: `${message.method} is not known` } });
      } else {
        this.send({ id: message.id, result });
      }
    } catch (error) {
      this.send({ id: message.id, error: { code: -32603, message: String(error.message ?? error) } });
    }
  }

  /** Ends the server as the protocol has it, and by force where it does not end. */
  async stop(milliseconds = 2000) {
    if (!this.process) return;
    this.isStopping = true;
    const program = this.process;
    const force = setTimeout(() => program.kill('SIGKILL'), milliseconds);
    try {
      await Promise.race([this.request('shutdown', null), this.ended]);
    } catch {
      // It ends all the same.
    }
    this.notify('exit', undefined);
    await this.ended;
    clearTimeout(force);
  }
}

module.exports = { Client, Framer, ResponseError };
