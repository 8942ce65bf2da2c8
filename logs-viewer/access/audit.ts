// What people do at the log page, as records among the daemon's own: who, from where, did what, and how it ended. The supervisor reads
// what we print and makes records of it (devenv/supervisor/parse-output.ts); behind the tab are a record's fields.

export interface Act {
  /** A developer's name, `operator`, or `nobody` before anybody has logged in. */
  readonly who: string
  readonly act: string
  readonly target: string
  /** `done`, or why not. */
  readonly result: string
  /** The client's address. */
  readonly from: string
}

export type Audit = (act: Act) => void

/** Of each text: clients choose some of them. */
const TEXT_MAX = 200

// C0 and C1 controls, and what turns text around or takes no room.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\p{Surrogate}/gu

export function createAudit(print: (line: string) => void): Audit {
  return (given) => {
    const [who, act, target, result] = [given.who, given.act, given.target, given.result].map(printable)
    const severity = result === 'done' ? 'notice' : 'warn'
    const what = [act, target].filter((text) => text !== '').join(' ')
    const fields = { audit: true, who, key: null, act, target, result, from: given.from }
    print(
      `logs-viewer: [${severity}] ${who}: ${what}${result === 'done' ? '' : `: ${result}`}\t${JSON.stringify(fields)}`,
    )
  }
}

function printable(text: string): string {
  return text.replace(UNPRINTABLE, '?').slice(0, TEXT_MAX)
}
