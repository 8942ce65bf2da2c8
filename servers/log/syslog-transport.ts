// winston-syslog's transport, with our own wire format and socket. What it gives us is its place in winston and its hooks; overridden are
//   its producer  RFC 5424 with a JSON body and octet counting: its own formats have no framing, so that a stack becomes many records
//   its socket    a bounded ring that batches, counts drops and finds a restarted collector: its own queue has no bound, forgets a
//                 Unix path on reconnect and waits 2^n seconds
//   connect       always ready, because the ring is
//   _final        a logger that ends flushes: its own burst at the start, then an exit, delivered nothing
// Its optional native dependency, unix-dgram, is for datagram sockets only and is never loaded.
import { Syslog } from 'winston-syslog'
import type { RecordBody, Severity } from '../contract/record.ts'
import { frameRecord } from '../contract/syslog.ts'
import { SyslogClient } from './syslog-client.ts'

export interface SyslogTransportOptions {
  readonly path: string
  readonly tag: string
  readonly level: Severity
  /** Makes a record of the transport's own, about dropped ones; all but its number. */
  createNote(severity: Severity, message: string): Omit<RecordBody, 'seq'>
}

/** Sends `info[MESSAGE]`, a record's body, to the collector; gives it the next sequence number of this destination. */
export class SyslogTransport extends Syslog {
  readonly #client: SyslogClient

  constructor({ path, tag, level, createNote }: SyslogTransportOptions) {
    // The numbers count per destination, after its severity filter, so that a hole is a loss and nothing else.
    let seq = 0
    const frame = (body: Omit<RecordBody, 'seq'>) => frameRecord(tag, { ...body, seq: ++seq })
    class JsonProducer {
      produce({ message }: { message: unknown }): Buffer {
        return frame(message as Omit<RecordBody, 'seq'>)
      }
    }
    super({ level, path, protocol: 'tcp4', app_name: tag, customProducer: JsonProducer })
    const client = new SyslogClient({
      path,
      renderDropped: (count) =>
        frame(createNote('warn', `${count} records were dropped: the log collector did not take them in time`)),
    })
    this.#client = client
    this.socket = {
      write(data: Buffer, _encoding: string, written: () => void) {
        client.send(data)
        written()
      },
    }
  }

  override connect(callback: (notReady: unknown) => void): void {
    callback(null)
  }

  override close(): void {
    this.#client.destroy()
  }

  override _final(callback: () => void): void {
    this.#client.flush().then(() => {
      this.#client.destroy()
      callback()
    })
  }
}
