#!/usr/bin/env node
// `edgeyard`: the operator's command. This file knows the words and their help; each command is a small file in commands/.
// Exit codes: 0 it is done, 1 it failed, 2 it was called wrongly.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Argument, Command, CommanderError, Option } from 'commander'
import { OPERATOR_NAME } from '../servers/contract/access.ts'
import { MASTER } from '../servers/contract/names.ts'
import type { Severity } from '../servers/contract/record.ts'
import type { ActOptions } from './commands/act.ts'
import { createAnnouncer } from './commands/announcer.ts'
import { commandName } from './commands/command-name.ts'
import { renderCompletion, SHELLS, type Words } from './commands/completion.ts'
import { createConfirm } from './commands/confirm.ts'
import { type CommandContext, createContext, type ExitCode, requireYard } from './commands/context.ts'
import type { InstallOptions } from './commands/install.ts'
import { parseCount, parseLevel, parsePort, parseText, parseTime, parseUnitName } from './commands/parse-options.ts'
import { renderError } from './commands/render-error.ts'
import { createTerminal } from './commands/terminal.ts'
import { ANNOUNCE_OPTION, upDetached } from './commands/up-detached.ts'
import { verbOf } from './control/verbs.ts'
import { LINES_DEFAULT, LINES_MAX } from './records/log-query.ts'

// A command is read when it is called: "status" does not wait for what only "backup" needs.
const act = lazy(async () => (await import('./commands/act.ts')).act)
const actOnRedis = lazy(async () => (await import('./commands/act.ts')).actOnRedis)
const backup = lazy(async () => (await import('./commands/backup.ts')).backup)
const restore = lazy(async () => (await import('./commands/backup.ts')).restore)
const debug = lazy(async () => (await import('./commands/debug.ts')).debug)
const devKeyAdd = lazy(async () => (await import('./commands/dev-key.ts')).devKeyAdd)
const devKeyList = lazy(async () => (await import('./commands/dev-key.ts')).devKeyList)
const devKeyRemove = lazy(async () => (await import('./commands/dev-key.ts')).devKeyRemove)
const devRemove = lazy(async () => (await import('./commands/dev-remove.ts')).devRemove)
const devRename = lazy(async () => (await import('./commands/dev-rename.ts')).devRename)
const devToken = lazy(async () => (await import('./commands/dev-token.ts')).devToken)
const login = lazy(async () => (await import('./commands/dev-token.ts')).login)
const devAdd = lazy(async () => (await import('./commands/dev.ts')).devAdd)
const devList = lazy(async () => (await import('./commands/dev.ts')).devList)
const doctor = lazy(async () => (await import('./commands/doctor.ts')).doctor)
const down = lazy(async () => (await import('./commands/down.ts')).down)
const install = lazy(async () => (await import('./commands/install.ts')).install)
const logs = lazy(async () => (await import('./commands/logs.ts')).logs)
const renderCheck = lazy(async () => (await import('./commands/render-check.ts')).renderCheck)
const status = lazy(async () => (await import('./commands/status.ts')).status)
const tellUnwatched = lazy(async () => (await import('./commands/tell-unwatched.ts')).tellUnwatched)
const templatesDiff = lazy(async () => (await import('./commands/templates/templates.ts')).templatesDiff)
const templatesUpdate = lazy(async () => (await import('./commands/templates/templates.ts')).templatesUpdate)
const up = lazy(async () => (await import('./commands/up.ts')).up)

const terminal = createTerminal({ stdout: process.stdout, stderr: process.stderr, noColour: process.env.NO_COLOR })
const projectRoot = fileURLToPath(new URL('../..', import.meta.url))
const calledAs = commandName(process.argv[1], process.env)

interface UpFlags {
  readonly host?: string
  readonly portsFrom?: number
  readonly detach?: boolean
  readonly announce?: boolean
  readonly takeOver?: boolean
}

const JSON_OPTION = ['--json', 'for programs'] as const

interface LogFlags {
  readonly follow?: boolean
  readonly lines?: number
  readonly since?: number
  readonly level?: Severity
  readonly grep?: string
  readonly search?: string
  readonly json?: boolean
}

/** Understood in front of a command and behind it. */
const ROOT_OPTION = ['--root <folder>', 'the yard; default $EDGEYARD_ROOT or ./yard'] as const

const program = new Command('edgeyard')
  .description(
    'A private sandbox of the game backend for every developer: git push builds it, tests it, boots it and switches it.',
  )
  .option(...ROOT_OPTION)
  .version(readVersion(), '--version')
  .showHelpAfterError('Try "edgeyard --help", or "edgeyard COMMAND --help"')
  .exitOverride()
  .configureHelp({ sortSubcommands: false, showGlobalOptions: false })
  .configureOutput({ outputError: (text, write) => write(terminal.paintTold('red', text)) })
  .helpCommand(false)

command(program, 'up', 'bring the yard up, and stop it again with Ctrl-C', [
  'edgeyard up',
  'edgeyard up --root /opt/hhl --host 10.0.0.5 --detach',
  'edgeyard up --root /tmp/second --ports-from 20000',
])
  .option('--detach', 'start in the background; return when everything is ready')
  .option('--take-over', 'take over from the daemon that runs, whatever its version; sandboxes run on')
  .option('--ports-from <port>', 'move all ports into one block that begins here (remembered)', parsePort)
  .option('--host <address>', 'what everything listens on; default 127.0.0.1 (remembered)')
  .addOption(new Option(ANNOUNCE_OPTION).hideHelp())
  .action((flags: UpFlags, self: Command) => runAnywhere(self, (context) => bringUp(context, flags)))

command(program, 'down', 'stop everything, in order', ['edgeyard down']).action((_flags, self: Command) =>
  run(self, down),
)

command(program, 'status', 'show what runs', ['edgeyard status', 'edgeyard status --json | jq .sandboxes'])
  .option('--json', 'for programs')
  .action((flags: { json?: boolean }, self: Command) => run(self, (context) => status(context, flags)))

for (const verb of ['restart', 'stop', 'start', 'reload', 'releases'] as const) {
  command(program, `${verb} <server> <developer>`, verbOf(verb).does, [`edgeyard ${verb} socketserver dev1`])
    .option(...JSON_OPTION)
    .action((server: string, developer: string, flags: ActOptions, self: Command) =>
      run(self, (context) => act(context, verb, { server, developer }, flags)),
    )
}

command(program, 'rollback <server> <developer> [release]', verbOf('rollback').does, [
  'edgeyard rollback socketserver dev1',
  'edgeyard rollback socketserver dev1 4f2a91c8e012',
])
  .option(...JSON_OPTION)
  .action((server: string, developer: string, release: string | undefined, flags: ActOptions, self: Command) =>
    run(self, (context) => act(context, 'rollback', { server, developer, release }, flags)),
  )

const redis = group(program, 'redis', "restart or empty a developer's Redis")
for (const verb of ['redis restart', 'redis flush'] as const) {
  const word = verb.slice('redis '.length)
  command(redis, `${word} <developer>`, verbOf(verb).does, [`edgeyard ${verb} dev1`])
    .option(...JSON_OPTION)
    .action((developer: string, flags: ActOptions, self: Command) =>
      run(self, (context) => actOnRedis(context, verb, developer, flags)),
    )
}

command(program, 'debug <server> <developer>', 'attach a debugger to a sandbox, through ssh', [
  'edgeyard debug socketserver dev1',
]).action((server: string, developer: string, _flags, self: Command) =>
  run(self, (context) => debug(context, server, developer)),
)

command(program, 'logs <server> [developer]', 'show records, newest last', [
  'edgeyard logs socketserver dev1',
  'edgeyard logs -f httpserver --level warning',
  'edgeyard logs -n 20 edgeyard',
  'edgeyard logs socketserver dev1 --since 7d --search "timeout -redis room.id:5"',
])
  .option('-f, --follow', 'go on with what comes')
  .option('-n, --lines <count>', `how many of the newest; default ${LINES_DEFAULT}, or all with --since`, parseCount)
  .option('--since <time>', '10m, 2h, 1d, or 2026-11-20T10:00:00Z', (text: string) => parseTime(text, Date.now()))
  .option('--level <severity>', 'this severe or more: error, warning, info …', parseLevel)
  .option('--grep <text>', 'with this text in the message, the stack or the fields, whatever its case', parseText)
  .option('--search <words>', 'as on the log page: words, "two words", key:value, /regular expression/, -not')
  .option(...JSON_OPTION)
  .action((server: string, developer: string | undefined, flags: LogFlags, self: Command) => {
    const lines = flags.lines ?? (flags.since === undefined ? LINES_DEFAULT : LINES_MAX)
    return run(self, (context) =>
      logs(context, server, developer ?? MASTER, { ...flags, lines, signal: interrupted() }),
    )
  })

command(program, 'login [developer]', 'a link into the log page that works once; without a name, for the operator', [
  'edgeyard login',
  'xdg-open $(edgeyard login)',
])
  .option(...JSON_OPTION)
  .action((developer: string | undefined, flags: { json?: boolean }, self: Command) =>
    run(self, (context) => login(context, developer, flags)),
  )

const dev = group(program, 'dev', 'add and remove developers, and their keys')
command(dev, 'add <name>', 'give somebody sandboxes, a Redis, a branch, and a token for the log page', [
  'edgeyard dev add ana --key ana.pub',
  'edgeyard dev add ana --json | jq -r .token',
])
  .option('--key <file>', 'their public key')
  .option(...JSON_OPTION)
  .action((name: string, flags: { key?: string; json?: boolean }, self: Command) =>
    run(self, (context) => devAdd(context, name, flags)),
  )
command(dev, 'token [name]', 'issue a new token for the log page; the one before and its logins are void', [
  'edgeyard dev token ana',
  'edgeyard dev token --operator',
])
  .option('--operator', "the operator's own")
  .option(...JSON_OPTION)
  .action((name: string | undefined, flags: { operator?: boolean; json?: boolean }, self: Command) => {
    const [who, more] = [name, flags.operator ? OPERATOR_NAME : undefined].filter((one) => one !== undefined)
    if (who === undefined || more !== undefined) return self.error('error: say whose token: NAME or --operator')
    return run(self, (context) => devToken(context, who, flags))
  })
command(dev, 'rm <name>', 'take everything back: sandboxes, accounts, ports, keys; branches stay as refs/removed', [
  'edgeyard dev rm ana',
  'edgeyard dev rm ana --keep-data',
])
  .option('--keep-data', 'put releases, records and Redis data aside in state/removed instead of deleting them')
  .option('--yes', 'delete them without asking')
  .action((name: string, flags: { keepData?: boolean; yes?: boolean }, self: Command) =>
    run(self, (context) => devRemove(context, name, { ...flags, confirm: createConfirm(process) })),
  )
command(dev, 'rename <old> <new>', 'another name for the same person: ports, keys, data and branches stay', [
  'edgeyard dev rename ana anna',
]).action((from: string, to: string, _flags, self: Command) => run(self, (context) => devRename(context, from, to)))
command(dev, 'list', 'who is there', ['edgeyard dev list', 'edgeyard dev list --json'])
  .option('--json', 'for programs')
  .action((flags: { json?: boolean }, self: Command) => run(self, (context) => devList(context, flags)))
const key = group(dev, 'key', 'what a developer logs in with')
command(key, 'add <name> <file>', 'let them push with this public key', ['edgeyard dev key add ana laptop.pub']).action(
  (name: string, file: string, _flags, self: Command) => run(self, (context) => devKeyAdd(context, name, file)),
)
command(key, 'rm <name> <key>', 'take a key back: a .pub file, a fingerprint or a comment', [
  'edgeyard dev key rm ana laptop.pub',
  'edgeyard dev key rm ana SHA256:0123…',
]).action((name: string, which: string, _flags, self: Command) =>
  run(self, (context) => devKeyRemove(context, name, which)),
)
command(key, 'list <name>', 'their keys, with fingerprints', ['edgeyard dev key list ana']).action(
  (name: string, _flags, self: Command) => run(self, (context) => devKeyList(context, name)),
)

command(program, 'render', "render serverctrl's live templates and say what is wrong or would change", [
  'edgeyard render --check',
])
  .requiredOption('--check', 'only look; pushing to serverctrl is what changes confs')
  .action((_flags, self: Command) => run(self, renderCheck))

command(program, 'install', 'write systemd units and sysctls for this yard', [
  'edgeyard install --root /opt/hhl',
  'edgeyard install --print',
  'edgeyard install --dry-run --sandboxes',
  'edgeyard install --uninstall',
])
  .option('--name <name>', 'of the units; another one for a second yard', parseUnitName, 'edgeyard')
  .option('--prefix <folder>', 'write below this folder instead of /', '/')
  .option('--sandboxes', 'also a hardened template unit for sandboxes, with a drop-in for each')
  .option('--print', 'show the files, write nothing')
  .option('--dry-run', 'say what would be written, write nothing')
  .option('--uninstall', 'remove what was written for this yard')
  .option('--json', 'for programs')
  .action((flags: InstallOptions, self: Command) => run(self, (context) => install(context, flags)))

const templates = group(program, 'templates', "this version's templates against your serverctrl")
command(templates, 'diff', 'what "update" would change; nothing is done', [
  'edgeyard templates diff',
  'edgeyard templates diff --json',
])
  .option('--json', 'for programs')
  .action((flags: { json?: boolean }, self: Command) => run(self, (context) => templatesDiff(context, flags)))
command(templates, 'update', 'push what only this version has changed: rendered, tested and switched, or refused', [
  'edgeyard templates update',
  'edgeyard templates update --mine redis.conf.hbs',
])
  .option('--mine <file...>', 'where both changed the same lines: your file stays, and is not told again')
  .action((flags: { mine?: string[] }, self: Command) => run(self, (context) => templatesUpdate(context, flags)))

command(program, 'backup <file>', 'save the yard in one file while it runs: git, secrets, keys, Redis, MySQL', [
  'edgeyard backup /backup/yard-$(date +%F).tar.gz',
  'edgeyard backup yard.tar.zst --json | jq .bytes',
])
  .option('--json', 'for programs')
  .action((file: string, flags: { json?: boolean }, self: Command) =>
    run(self, (context) => backup(context, file, flags)),
  )

command(program, 'restore <file>', 'make a yard out of a backup, in a root that is empty or not there', [
  'edgeyard restore yard.tar.gz --root /opt/hhl',
])
  .option('--json', 'for programs')
  .action((file: string, flags: { json?: boolean }, self: Command) =>
    runAnywhere(self, (context) => restore(context, file, flags)),
  )

command(program, 'doctor', 'what this machine lacks for a yard, and what keeps sandboxes apart on it', [
  'edgeyard doctor',
  "edgeyard doctor --json | jq '.protections[] | select(.holds | not)'",
])
  .option('--json', 'for programs')
  .action((flags: { json?: boolean }, self: Command) => runAnywhere(self, (context) => doctor(context, flags)))

command(program, 'completion', 'completion for bash or zsh', ['source <(edgeyard completion bash)'])
  .addArgument(new Argument('<shell>').choices(SHELLS))
  .action((shell: (typeof SHELLS)[number]) => terminal.print(renderCompletion(shell, wordsOf(program))))

let exitCode: number = 0
try {
  await program.parseAsync()
} catch (error) {
  exitCode = error instanceof CommanderError ? (error.exitCode === 0 ? 0 : 2) : failed(error)
}
// Everything was written synchronously; what may still be open (a background child's handle) must not hold us.
process.exit(exitCode)

/** A command with its examples and `--root`. */
function command(parent: Command, usage: string, description: string, examples: readonly string[]): Command {
  return parent
    .command(usage)
    .description(description)
    .option(...ROOT_OPTION)
    .addHelpText('after', `\nExamples:\n${examples.map((example) => `  ${example}`).join('\n')}`)
}

/** `load`'s function, loaded when it is called. */
function lazy<Args extends unknown[], Result>(
  load: () => Promise<(...args: Args) => Promise<Result>>,
): (...args: Args) => Promise<Result> {
  return async (...args) => (await load())(...args)
}

function group(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description).helpCommand(false)
}

/** On a yard that is there: a mistyped root must not look like a yard without logs or developers. */
async function run(self: Command, work: (context: CommandContext) => Promise<ExitCode>): Promise<void> {
  await runAnywhere(self, (context) => {
    requireYard(context)
    return work(context)
  })
}

async function runAnywhere(self: Command, work: (context: CommandContext) => Promise<ExitCode>): Promise<void> {
  const { root = process.env.EDGEYARD_ROOT || './yard' } = self.optsWithGlobals<{ root?: string }>()
  exitCode = await work(createContext({ root, cwd: process.cwd(), terminal, projectRoot, command: calledAs }))
}

async function bringUp(context: CommandContext, flags: UpFlags): Promise<ExitCode> {
  const { host, portsFrom, takeOver } = flags
  const options = { host, portsFrom, takeOver, showLogin: process.stderr.isTTY === true }
  const announcer = flags.announce ? createAnnouncer() : null
  const doors = { loadDaemon, announcer, signals: processSignals() }
  const code: ExitCode = await (flags.detach ? upDetached(context, options) : up(context, options, doors)).catch(
    (error) => {
      announcer?.failed(renderError(error, (_style, text) => text))
      return failed(error)
    },
  )
  if (code !== 0) await tellUnwatched(context)
  return code
}

function readVersion(): string {
  return (JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string }).version
}

async function loadDaemon() {
  return (await import('./supervisor/daemon.ts')).runDaemon
}

function processSignals() {
  return {
    on: (signal: NodeJS.Signals, listener: () => void) => process.on(signal, listener),
    off: (signal: NodeJS.Signals, listener: () => void) => process.off(signal, listener),
    exit: (code: number) => process.exit(code),
    kill: (pid: number) => {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It has ended by itself in the meantime.
      }
    },
    now: () => performance.now(),
  }
}

function interrupted(): AbortSignal {
  const abort = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort())
  // A closed pipe (`logs -f | head`) ends following too.
  process.stdout.once('error', () => abort.abort())
  return abort.signal
}

function failed(error: unknown): ExitCode {
  terminal.tell(renderError(error, terminal.paintTold))
  return 1
}

function wordsOf(parent: Command): Words {
  return Object.fromEntries(parent.commands.map((one) => [one.name(), wordsOf(one)]))
}
