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

/**
 * Parts of the window around a page, which headless Chromium has too: the suggestions below its address bar alone cost more
 * than a page of ours. What else is here keeps it from asking somebody, or from painting late.
 */
const UNUSED = [
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'AimEnabled',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
]

/** The caller closes it. */
export function openBrowser(): Promise<Browser> {
  const args = [...QUIET, `--disable-features=${UNUSED.join(',')}`]
  return chromium.launch({ executablePath: '/usr/bin/chromium', args })
}
