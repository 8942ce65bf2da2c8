// Which system calls a confined process may not make: those that no server needs and that attacks on a kernel begin with.
// A filter is a list of 8-byte instructions, put together here: https://docs.kernel.org/userspace-api/seccomp_filter.html

interface Machine {
  /** AUDIT_ARCH_*: a call in another machine's numbering (32 bit) would not be what it looks like. */
  readonly audit: number
  readonly clone: number
  readonly clone3: number
  readonly socket: number
  readonly denied: readonly number[]
}

/** From arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h of Linux; both count alike from 424 on. */
const MACHINES: Readonly<Record<string, Machine>> = {
  x64: {
    audit: 0xc000003e,
    clone: 56,
    clone3: 435,
    socket: 41,
    denied: [
      // ptrace, syslog, pivot_root, adjtimex, chroot, acct, settimeofday, mount, umount2, swapon, swapoff, reboot
      ...[101, 103, 155, 159, 161, 163, 164, 165, 166, 167, 168, 169],
      // sethostname, setdomainname, iopl, ioperm, init_module, delete_module, quotactl, clock_settime, kexec_load
      ...[170, 171, 172, 173, 175, 176, 179, 227, 246],
      // add_key, request_key, keyctl, unshare, perf_event_open, open_by_handle_at, clock_adjtime, setns
      ...[248, 249, 250, 272, 298, 304, 305, 308],
      // process_vm_readv, process_vm_writev, kcmp, finit_module, kexec_file_load, bpf, userfaultfd
      ...[310, 311, 312, 313, 320, 321, 323],
    ],
  },
  arm64: {
    audit: 0xc00000b7,
    clone: 220,
    clone3: 435,
    socket: 198,
    denied: [
      // umount2, mount, pivot_root, chroot, quotactl, acct, unshare, kexec_load, init_module, delete_module, clock_settime
      ...[39, 40, 41, 51, 60, 89, 97, 104, 105, 106, 112],
      // syslog, ptrace, reboot, sethostname, setdomainname, settimeofday, adjtimex, add_key, request_key, keyctl
      ...[116, 117, 142, 161, 162, 170, 171, 217, 218, 219],
      // swapon, swapoff, perf_event_open, open_by_handle_at, clock_adjtime, setns, process_vm_readv, process_vm_writev
      ...[224, 225, 241, 265, 266, 268, 270, 271],
      // kcmp, finit_module, bpf, userfaultfd, kexec_file_load
      ...[272, 273, 280, 282, 294],
    ],
  },
}

/** io_uring_setup, _enter, _register, open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, pidfd_getfd, mount_setattr */
const DENIED_EVERYWHERE = [425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 442]

/** Unix, IPv4, IPv6, and netlink, which names and interfaces are looked up with. Not: packets, other virtual machines, Bluetooth … */
const FAMILIES = [1, 2, 10, 16]

/** All CLONE_NEW* flags: namespaces of one's own are the way to rights of one's own. */
const CLONE_NEW = 0x7e02_0000

const EPERM = 1
const ENOSYS = 38
const EAFNOSUPPORT = 97
const ALLOW = 0x7fff_0000
const KILL = 0x8000_0000
const fail = (errno: number) => 0x0005_0000 | errno

const LOAD = 0x20
const JUMP_EQUAL = 0x15
const JUMP_AT_LEAST = 0x35
const JUMP_ANY_BIT = 0x45
const RETURN = 0x06

/** Where in `struct seccomp_data` the call's number, its machine and its first argument are. */
const NUMBER = 0
const ARCH = 4
const FIRST_ARGUMENT = 16
/** x32 is x86_64 with other numbers. */
const X32 = 0x4000_0000

/** What bubblewrap's `--seccomp` reads; null for a machine whose calls are not known here. */
export function seccompFilter(arch: string): Uint8Array | null {
  const machine = Object.hasOwn(MACHINES, arch) ? MACHINES[arch] : undefined
  if (machine === undefined) return null
  const denied = [...machine.denied, ...DENIED_EVERYWHERE]
  const code: [op: number, jumpTrue: number, jumpFalse: number, value: number][] = [
    [LOAD, 0, 0, ARCH],
    [JUMP_EQUAL, 1, 0, machine.audit],
    [RETURN, 0, 0, KILL],
    [LOAD, 0, 0, NUMBER],
    [JUMP_AT_LEAST, 0, 1, X32],
    [RETURN, 0, 0, fail(ENOSYS)],
    ...denied.flatMap((number): typeof code => [
      [JUMP_EQUAL, 0, 1, number],
      [RETURN, 0, 0, fail(EPERM)],
    ]),
    // Its flags are in memory, where a filter cannot look; the C library goes on with clone.
    [JUMP_EQUAL, 0, 1, machine.clone3],
    [RETURN, 0, 0, fail(ENOSYS)],
    [JUMP_EQUAL, 0, 4, machine.clone],
    [LOAD, 0, 0, FIRST_ARGUMENT],
    [JUMP_ANY_BIT, 0, 1, CLONE_NEW],
    [RETURN, 0, 0, fail(EPERM)],
    [RETURN, 0, 0, ALLOW],
    [JUMP_EQUAL, 0, FAMILIES.length + 2, machine.socket],
    [LOAD, 0, 0, FIRST_ARGUMENT],
    ...FAMILIES.map((family, at): (typeof code)[number] => [JUMP_EQUAL, FAMILIES.length - at, 0, family]),
    [RETURN, 0, 0, fail(EAFNOSUPPORT)],
    [RETURN, 0, 0, ALLOW],
  ]
  const bytes = Buffer.alloc(code.length * 8)
  code.forEach(([op, jumpTrue, jumpFalse, value], at) => {
    bytes.writeUInt16LE(op, at * 8)
    bytes.writeUInt8(jumpTrue, at * 8 + 2)
    bytes.writeUInt8(jumpFalse, at * 8 + 3)
    bytes.writeUInt32LE(value >>> 0, at * 8 + 4)
  })
  return bytes
}
