// What a conf names of the release it runs.
import { parseConf } from '../../servers/contract/conf/parse-conf.ts'
import type { ReleaseNeeds } from '../build/ensure-release.ts'

/** How a rendered conf is called in messages: where it lies in the sandbox. */
const CONF_FILE = 'conf/server.conf'

/** The scripts and folders of a conf, each once. Throws `CONF_INVALID` with diagnostics: this is a sandbox's own `-t`. */
export function confNeeds(text: string): ReleaseNeeds {
  const { servers } = parseConf(text, { file: CONF_FILE })
  const locations = servers.flatMap((server) => server.locations)
  const scripts = locations.flatMap(({ handler }) => (handler.kind === 'script' ? [handler.file] : []))
  const roots = locations.flatMap(({ handler, match, files: { folder }, tryFiles }) => {
    if (folder === undefined || (handler.kind !== 'files' && tryFiles === undefined)) return []
    // `location = /favicon.ico { alias FILE; }` may name one file; the candidate looks for it when it boots.
    return match === 'exact' && folder.kind === 'alias' ? [] : [folder.dir]
  })
  return { scripts: [...new Set(scripts)], roots: [...new Set(roots)] }
}
