// The yard as a person wants to see it after `up` and `status`: what runs, where to push, where to look.
import { COMMON, REPOSITORIES } from '../../servers/contract/names.ts'
import { releaseName } from '../../servers/contract/release.ts'
import type { YardStatus } from '../control/protocol.ts'
import { renderSandboxes } from '../control/render-status.ts'
import type { CommandContext } from './context.ts'
import type { Terminal } from './terminal.ts'

const STATES: readonly (readonly [RegExp, 'green' | 'yellow' | 'red'])[] = [
  [/\bready\b/, 'green'],
  [/\b(starting|draining|stopped)\b/, 'yellow'],
  [/\bfailed\b/, 'red'],
]

export function renderYardStatus(status: YardStatus, { layout, terminal, command }: CommandContext): string {
  const { paint } = terminal
  const [head = '', ...rows] = renderSandboxes(status.sandboxes).split('\n')
  const { ssh, viewer, mysql, redis, common, services } = status
  const running = redis.filter(({ pid }) => pid !== null).length
  const remotes = REPOSITORIES.map((repository) => `  git clone ${remoteUrl(ssh, repository)}`)
  return [
    paint('bold', head),
    ...rows.map((row) => paintState(row, paint)),
    '',
    `Repositories, a branch for each developer (${COMMON}: master's key only):`,
    ...remotes,
    '',
    `Logs      ${viewer.url}`,
    `Docs      ${viewer.url}docs/`,
    `Log in    ${command} login, a link for the operator; ${command} dev token NAME for a developer`,
    `Common    ${common.commit === null ? 'nothing yet' : releaseName(common.commit)}`,
    `MySQL     ${mysql.socket ?? `${mysql.host}:${mysql.port}`}`,
    `Redis     ${running} of ${redis.length} run`,
    `Keys      ${command} dev key add NAME FILE.pub, or a line in ${layout.keys}/NAME.pub`,
    `Daemon    pid ${status.pid}, root ${status.root}${status.unit ? `, run by ${status.unit}` : ''}`,
    // A daemon before this edgeyard does not tell of them.
    ...(services ?? []).flatMap(({ key, trouble }) =>
      trouble === null ? [] : [`${paint('red', 'Trouble')}   ${key.replace('/', ' of ')} ${trouble}`],
    ),
  ].join('\n')
}

/** `ssh://git@HOST:PORT/socketserver`; an IPv6 host in brackets. */
export function remoteUrl({ host, port }: { host: string; port: number }, repository: string): string {
  return `ssh://git@${host.includes(':') ? `[${host}]` : host}:${port}/${repository}`
}

function paintState(row: string, paint: Terminal['paint']): string {
  const [pattern, style] = STATES.find(([state]) => state.test(row)) ?? []
  return pattern === undefined || style === undefined ? row : row.replace(pattern, (state) => paint(style, state))
}
