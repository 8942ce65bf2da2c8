// The process that keeps the ports of sandboxes. It runs as we do: it makes each socket as the user whose it is.
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MASTER } from '../../../servers/contract/names.ts'
import type { ServiceSpec } from '../service.ts'
import type { YardContext } from '../yard-context.ts'
import { hangsUp } from './hangs-up.ts'

const READY_DEADLINE_MS = 10_000
const STOP_DEADLINE_MS = 2_000
const ASK_TIMEOUT_MS = 1_000

export const PORT_KEEPER_KEY = 'ports'

export function portKeeperService({ layout, projectRoot }: YardContext): ServiceSpec {
  // It runs a copy: for an edgeyard that has only moved it is the same, and clients who wait for a sleeping sandbox go on waiting.
  const program = readFileSync(join(projectRoot, 'devenv/supervisor/port-keeper/keep-ports.pl'), 'utf8')
  return {
    key: PORT_KEEPER_KEY,
    label: 'the keeper of ports',
    source: { server: 'edgeyard', developer: MASTER },
    command: { file: '/usr/bin/perl', args: [layout.portsProgram, layout.ports], cwd: '/' },
    conf: program,
    stopSignal: 'SIGTERM',
    stopDeadlineMs: STOP_DEADLINE_MS,
    readyDeadlineMs: READY_DEADLINE_MS,
    prepare: () => writeFile(layout.portsProgram, program, { mode: 0o600 }),
    isReady: () => hangsUp(layout.ports, AbortSignal.timeout(ASK_TIMEOUT_MS)),
    stillAnswers: (signal) => hangsUp(layout.ports, signal),
  }
}
