// What a conf names of the release it runs.
import { parseConf } from '../../servers/contract/conf/parse-conf.ts'
import type { ReleaseNeeds } from '../build/ensure-release.ts'

/** How a rendered conf is called in messages: where it lies in the sandbox. */
const CONF_FILE = 'conf/server.conf'

/** The scripts and folders of a conf, each once. Throws `CONF_INVALID` with diagnostics: this is a sandbox's own `-t`. */
export function confNeeds(text: string): ReleaseNeeds {
  const { servers } = parseConf(text, { file: CONF_FILE })
  const handlers = servers.flatMap(({ locations }) => locations.map(({ handler }) => handler))
  const scripts = handlers.flatMap((handler) => (handler.kind === 'script' ? [handler.file] : []))
  const roots = handlers.flatMap((handler) => (handler.kind === 'root' ? [handler.dir] : []))
  return { scripts: [...new Set(scripts)], roots: [...new Set(roots)] }
}
