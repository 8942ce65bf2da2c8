// Who asks: carried by every request of the control socket, written into every audit record.
import { isDeveloperName, MASTER } from '../../servers/contract/names.ts'

export interface By {
  /** A developer's name, `operator`, or `edgeyard` for what the yard does by itself. */
  readonly who: string
  /** The fingerprint of the key that was proven over ssh; null where there was none: a local path, the operator's command. */
  readonly key: string | null
}

/** Over a local path or the command line, which only the operator can reach. */
export const OPERATOR: By = { who: 'operator', key: null }

/** The yard itself, unasked: a reconcile, a crash, a wake. */
export const YARD: By = { who: 'edgeyard', key: null }

/** Who may be told of everybody: over a local path, with the key of master, and the yard's own records. */
export function isOperator({ who }: By): boolean {
  return [OPERATOR.who, YARD.who, MASTER].includes(who)
}

/** Whether somebody may be told what became of a developer's sandbox: its last lines are its developer's. */
export function mayHearOf(by: By, developer: string): boolean {
  return by.who === developer || isOperator(by)
}

const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/

/** True for a key's fingerprint as `ssh-keygen -l` prints it. */
export function isFingerprint(text: string): boolean {
  return FINGERPRINT.test(text)
}

/** What arrived as `by`; undefined when it is none. Nobody named: the operator, whose socket it is. */
export function parseBy(value: unknown): By | undefined {
  if (value === undefined) return OPERATOR
  if (typeof value !== 'object' || value === null) return undefined
  const { who, key } = value as Record<string, unknown>
  if (typeof who !== 'string' || !(isDeveloperName(who) || who === OPERATOR.who)) return undefined
  if (key !== null && !(typeof key === 'string' && isFingerprint(key))) return undefined
  return { who, key }
}
