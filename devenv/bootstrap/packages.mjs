// Which programs a yard needs beside Node, npm and git, and which Debian packages bring them.
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Program, or module of rsyslogd → Debian package. The first list is for running a yard, the second for testing it. */
export const NEEDED = {
  start: {
    git: 'git',
    'redis-server': 'redis-server',
    mariadbd: 'mariadb-server',
    rsyslogd: 'rsyslog',
    bwrap: 'bubblewrap',
    'ssh-keygen': 'openssh-client',
    nft: 'nftables',
    perl: 'perl',
  },
  test: { chromium: 'chromium', openssl: 'openssl', 'lmnsd_gtls.so': 'rsyslog-gnutls' },
}

/** Where Debian keeps daemons; not on everybody's PATH. */
const SBIN = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/** Where Debian keeps the modules of rsyslogd. */
const RSYSLOG_MODULES = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map((machine) => `/usr/lib/${machine}/rsyslog`)

/** True when the program can be run from `path` (a PATH) or the folders of daemons, and when rsyslogd finds the module. */
export function hasProgram(name, path, sbin = SBIN) {
  if (name.endsWith('.so')) return RSYSLOG_MODULES.some((folder) => existsSync(join(folder, name)))
  return [...path.split(delimiter), ...sbin].some((folder) => folder !== '' && isExecutable(join(folder, name)))
}

/** The packages that are missing for `start` or `test` (which needs those of `start` too). */
export function missingPackages(mode, has) {
  const needed = mode === 'test' ? { ...NEEDED.start, ...NEEDED.test } : NEEDED.start
  return Object.entries(needed)
    .filter(([program]) => !has(program))
    .map(([, name]) => name)
}

/** The command for somebody who may become root. */
export function installCommand(packages) {
  return `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${packages.join(' ')}`
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
