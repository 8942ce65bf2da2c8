// The parts of winston-syslog 2.7.1 that syslog-transport.ts builds on; the package has no types of its own.
declare module 'winston-syslog' {
  import type Transport from 'winston-transport'

  interface Producer {
    produce(options: { severity: string; appName: string; date: Date; message: unknown }): unknown
  }

  export class Syslog extends Transport {
    constructor(options: {
      level: string
      protocol: string
      path: string
      app_name: string
      customProducer: new () => Producer
    })
    protected producer: Producer
    protected socket: { write(data: never, encoding: string, written: (error?: Error) => void): void } | null
    connect(callback: (notReady: unknown) => void): void
    override close(): void
  }
}
