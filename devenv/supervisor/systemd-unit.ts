// Whether systemd runs this very process, and as what.
import { readFileSync } from 'node:fs'

/**
 * The unit, e.g. `edgeyard.service`; null for a process that systemd has not started itself, or before its version 248 (systemd.exec(5),
 * SYSTEMD_EXEC_PID). `groups`: the control groups of this process, as in /proc/self/cgroup (cgroups(7)).
 */
export function systemdUnit(
  env: Readonly<Record<string, string | undefined>> = process.env,
  groups = () => readFileSync('/proc/self/cgroup', 'latin1'),
): string | null {
  // Who was started by one that systemd started has inherited the variable.
  if (env.SYSTEMD_EXEC_PID !== `${process.pid}`) return null
  const path = /^(?:\d+:name=systemd|0:):(.*\.service)(?:\/|$)/m.exec(groups())?.[1]
  return path?.slice(path.lastIndexOf('/') + 1) ?? null
}
