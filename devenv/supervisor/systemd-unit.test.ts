import assert from 'node:assert/strict'
import { systemdUnit } from './systemd-unit.ts'

describe('the unit of systemd that runs this process', () => {
  const own = { SYSTEMD_EXEC_PID: `${process.pid}` }

  it('is read from its control group, of version 1, of both, and of version 2 with a group below', () => {
    const of = (groups: string) => systemdUnit(own, () => groups)
    assert.equal(of('2:cpu:/a.service\n1:name=systemd:/system.slice/edgeyard.service\n'), 'edgeyard.service')
    assert.equal(of('1:name=systemd:/system.slice/hhl.service\n0::/system.slice/hhl.service\n'), 'hhl.service')
    assert.equal(of('0::/user.slice/user-1.slice/user@1.service/app.slice/ey.service/daemon\n'), 'ey.service')
  })

  it('is none for a process of a shell, also of one that a service has started, and where the group is another', () => {
    const groups = () => '0::/system.slice/cron.service\n'
    assert.equal(systemdUnit({}, groups), null)
    assert.equal(systemdUnit({ SYSTEMD_EXEC_PID: `${process.ppid}` }, groups), null)
    assert.equal(
      systemdUnit(own, () => '0::/\n'),
      null,
    )
  })
})
