// `edge-server`: runs the scripts of one sandbox by its conf.
//
//   edge-server -p yard/socketserver/dev1 -c conf/server.conf -t
//   edge-server -p yard/socketserver/dev1 -c conf/server.conf
import { readFileSync } from 'node:fs'
import { awaitBegin } from './await-begin.ts'
import { type Place, parseCommandLine, USAGE } from './command-line.ts'
import { loadBeforehand } from './load-beforehand.ts'
import { type ConfAlone, readConfAlone } from './read-conf.ts'
import { runServer } from './run-server.ts'
import { signalServer } from './signal-server.ts'
import { renderFailure, testConf } from './test-conf.ts'
import { readWorkerIdentity } from './workers/worker-identity.ts'

/** Frames between a script's line and the place where an error was made: pools and streams put many. */
const STACK_FRAMES_MAX = 30

async function main(args: string[]): Promise<number> {
  const commandLine = parseCommandLine(args, process.cwd())
  switch (commandLine.kind) {
    case 'help':
      process.stderr.write(USAGE)
      return 0
    case 'version':
      process.stderr.write(`edge-server version: edgeyard/${version()}\n`)
      return 0
    case 'test': {
      const { exitCode, stderr, stdout } = await testConf(commandLine, { dump: commandLine.dump })
      process.stderr.write(stderr)
      process.stdout.write(stdout)
      return exitCode
    }
    case 'signal':
      signalServer(readConfAlone(commandLine).conf, commandLine.prefix, commandLine.word)
      return 0
    case 'run': {
      let { release } = commandLine
      const read = tryConf(commandLine)
      if (commandLine.waits) {
        if (read !== undefined) await loadBeforehand(read.conf, { all: commandLine.preloads })
        const begin = awaitBegin()
        if (begin === null) return 0
        release = begin.release
        // Workers are started by the same words.
        process.argv.push('--release', begin.release)
        process.env.EDGEYARD_RELEASE = begin.name
      }
      const { channel } = commandLine
      const place = { ...commandLine, release }
      const isMaster = readWorkerIdentity(process.env).count === 1 && (read?.conf.workerProcesses ?? 1) > 1
      if (!isMaster) return runServer({ place, channel, env: process.env, read })
      const { runMaster } = await import('./workers/run-master.ts')
      return runMaster({ place, channel, env: process.env })
    }
  }
}

/** What is wrong with the conf is said where it is read to be run. */
function tryConf(place: Place): ConfAlone | undefined {
  try {
    return readConfAlone(place)
  } catch {
    return undefined
  }
}

function version(): string {
  return JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')).version
}

/** Scripts are not to exit, we are. */
const exit = process.exit.bind(process)

// A reader of stderr or stdout that goes away is no reason to end.
process.stderr.on('error', () => {})
process.stdout.on('error', () => {})
Error.stackTraceLimit = STACK_FRAMES_MAX
main(process.argv.slice(2)).then(exit, (error) => {
  process.stderr.write(`${renderFailure(error)}\n`)
  exit(1)
})
