// Chromium as Debian packages it, started once per test file that asks for it.
import { type Browser, chromium } from 'playwright-core'

/** Nothing but the pages of the test may reach for the network. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** The caller closes it. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: QUIET })
}
