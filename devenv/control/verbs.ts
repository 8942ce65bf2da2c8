// Everything that can be asked of a sandbox without a shell: the one table from which `refs/ctl`, the ssh server, the
// operator's command, their help, completion and who may ask for what are made. Same words, same answers, at every door.
import type { RepositoryName } from '../../servers/contract/names.ts'

export interface Verb {
  /** As it is typed; `redis flush` is `refs/ctl/redis/flush`. */
  readonly name: string
  /** What follows it over ssh. The operator names the developer behind the server. */
  readonly takes: '' | 'SERVER' | '[SERVER]' | 'SOURCE' | 'SERVER [RELEASE]' | '[VERB]'
  readonly does: string
  /** What one should know before using it. */
  readonly more?: string
  /** Whose repositories have it below `refs/ctl`: those of scripts, serverctrl. */
  readonly ctl: readonly ('scripts' | 'serverctrl')[]
  /** Understands `--json`. */
  readonly json: boolean
  /** Other options, as in its help. */
  readonly options?: readonly (readonly [option: string, does: string])[]
  readonly examples: readonly string[]
}

export const VERBS = [
  {
    name: 'status',
    takes: '',
    does: 'show what runs',
    ctl: ['scripts', 'serverctrl'],
    json: true,
    examples: ['status', 'status --json'],
  },
  {
    name: 'releases',
    takes: '[SERVER]',
    does: 'list what was live, newest first',
    ctl: ['scripts'],
    json: true,
    more: 'A release that is kept goes live again in the time of a start; one that is not is built anew.',
    examples: ['releases', 'releases socketserver --json'],
  },
  {
    name: 'rollback',
    takes: 'SERVER [RELEASE]',
    does: 'go back to an older release',
    ctl: ['scripts'],
    json: true,
    more: 'Without RELEASE: to the one that was live before. The branch moves there; the next push goes live as always.',
    examples: ['rollback socketserver', 'rollback socketserver 4f2a91c8e012'],
  },
  {
    name: 'restart',
    takes: 'SERVER',
    does: 'restart a sandbox with nothing dropped',
    ctl: ['scripts'],
    json: true,
    more: 'A new process takes the port, then the old one drains; its sockets are closed with 1012.',
    examples: ['restart socketserver'],
  },
  {
    name: 'stop',
    takes: 'SERVER',
    does: 'stop a sandbox',
    ctl: ['scripts'],
    json: true,
    more: 'It stays stopped, over a reboot too, until somebody starts or restarts it. A push meanwhile is where it will start.',
    examples: ['stop socketserver'],
  },
  {
    name: 'start',
    takes: 'SERVER',
    does: 'start a stopped sandbox',
    ctl: ['scripts'],
    json: true,
    examples: ['start socketserver'],
  },
  {
    name: 'reload',
    takes: 'SERVER',
    does: 'load conf and scripts anew, sockets stay',
    ctl: ['scripts'],
    json: true,
    more: 'As "-s reload" of nginx: the same process loads the live conf and the live release once more. Start hooks run again, module state begins anew, open sockets keep their data. Whatever is wrong with them changes nothing.',
    examples: ['reload socketserver'],
  },
  {
    name: 'redis restart',
    takes: '',
    does: 'restart your own Redis',
    ctl: ['serverctrl'],
    json: true,
    more: 'Its data stays. Scripts wait for it for a moment, as their conf says.',
    examples: ['redis restart'],
  },
  {
    name: 'redis flush',
    takes: '',
    does: 'empty your own Redis, all databases',
    ctl: ['serverctrl'],
    json: true,
    more: "Nobody else's is touched. There is no way back.",
    examples: ['redis flush'],
  },
  {
    name: 'logs',
    takes: 'SOURCE',
    does: 'show records, newest last',
    more: 'SOURCE is one of your servers, or redis.',
    ctl: [],
    json: true,
    options: [
      ['-f, --follow', 'go on with what comes'],
      ['-n, --lines N', 'how many of the newest; default 100, or all with --since'],
      ['--since TIME', '10m, 2h, 1d, or 2026-11-20T10:00:00Z'],
      ['--level LEVEL', 'this severe or more: error, warning, info …'],
      ['--grep TEXT', 'with this text in the message, the stack or the fields, whatever its case'],
    ],
    examples: ['logs socketserver', 'logs -f socketserver --level warning', 'logs dtserver --since 10m'],
  },
  {
    name: 'debug',
    takes: 'SERVER',
    does: 'attach a debugger, through ssh',
    ctl: [],
    json: false,
    examples: ['debug socketserver'],
  },
  {
    name: 'help',
    takes: '[VERB]',
    does: 'show what can be asked, or more of one verb',
    ctl: [],
    json: false,
    examples: ['help', 'help rollback'],
  },
] as const satisfies readonly Verb[]

export type VerbName = (typeof VERBS)[number]['name']

/** The verb of a name. Throws for a name that is none: the table is ours. */
export function verbOf(name: VerbName): Verb {
  return VERBS.find((verb) => verb.name === name)!
}

/** Whether a verb begins with this word. */
export function isVerbWord(word: string): boolean {
  return VERBS.some(({ name }) => name.split(' ')[0] === word)
}

/** The verbs that a repository has below `refs/ctl`, spelled as there. */
export function ctlVerbs(repository: RepositoryName): readonly string[] {
  const kind = repository === 'serverctrl' ? 'serverctrl' : 'scripts'
  return VERBS.filter(({ ctl }: Verb) => ctl.includes(kind)).map(({ name }) => name.replace(' ', '/'))
}

/** One line a verb, or all there is to say of one; as `help` prints it. `typed`: what stands in front of a verb. */
export function renderHelp(name: VerbName | null, typed: string): string {
  if (name === null) {
    const rows = VERBS.map((verb: Verb) => [`${verb.name} ${verb.takes}`.trimEnd(), verb.does] as const)
    const width = Math.max(...rows.map(([usage]) => usage.length))
    return rows.map(([usage, does]) => `${typed}${usage.padEnd(width)}  ${does}`).join('\n')
  }
  const verb = verbOf(name)
  const options = [...(verb.options ?? []), ...(verb.json ? ([['--json', 'for programs']] as const) : [])]
  const places = verb.ctl.length > 0 ? [`Also: git push origin HEAD:refs/ctl/${verb.name.replace(' ', '/')}`] : []
  return [
    `${typed}${verb.name} ${verb.takes}`.trimEnd(),
    `  ${verb.does}`,
    ...(verb.more === undefined ? [] : [`  ${verb.more}`]),
    ...options.map(([option, does]) => `  ${option.padEnd(18)} ${does}`),
    ...places,
    'Examples:',
    ...verb.examples.map((example) => `  ${typed}${example}`),
  ].join('\n')
}
