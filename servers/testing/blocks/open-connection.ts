// A connection as a `connection` section wants it: `tls[=TLSv1.2]`, `ciphers=LIST`, `unix:PATH`, `paused`; without any plain TCP.

import { once } from 'node:events'
import { connect as connectTls, type SecureVersion } from 'node:tls'
import { RawClient, rawClient } from '../../transport/contract/raw-client.ts'

export interface Target {
  readonly port: number
  /** Of the section. */
  readonly how: string
}

/** Rejects when the server refuses it. */
export async function openConnection({ port, how }: Target): Promise<RawClient> {
  const path = /(?:^| )unix:(\S+)/.exec(how)?.[1]
  const client = isTls(how) ? await overTls(port, how) : await rawClient(path ?? port)
  if (/(?:^| )paused(?: |$)/.test(how)) client.socket.pause()
  return client
}

export function isTls(how: string): boolean {
  return /(?:^| )tls(?:=| |$)/.test(how)
}

async function overTls(port: number, how: string): Promise<RawClient> {
  const version = /(?:^| )tls=(\S+)/.exec(how)?.[1] as SecureVersion | undefined
  const ciphers = /(?:^| )ciphers=(\S+)/.exec(how)?.[1]
  const socket = connectTls({
    port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    ...(version === undefined ? {} : { minVersion: version, maxVersion: version }),
    ...(ciphers === undefined ? {} : { ciphers }),
  })
  await once(socket, 'secureConnect')
  return new RawClient(socket)
}

export async function onConnection(target: Target, use: (client: RawClient) => Promise<void>): Promise<void> {
  const client = await openConnection(target)
  try {
    await use(client)
  } finally {
    client.socket.destroy()
  }
}
