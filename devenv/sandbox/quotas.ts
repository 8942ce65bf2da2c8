// How much a developer may bring and keep. The operator says it in yard.yml; hooks, ssh and the supervisor go by it.

export interface Quotas {
  /** The largest push, in bytes as they are sent. */
  readonly push: number
  /** All files of a commit together, in bytes. */
  readonly tree: number
  /** How many files a commit may have. */
  readonly files: number
  /** Releases kept of a sandbox. */
  readonly releases: number
  /** Bytes of all releases of a developer, and of what their branches hold in the repositories. */
  readonly disk: number
}

export interface YardQuotas {
  readonly everybody: Quotas
  /** Of those who have others than everybody, whole. */
  readonly developers: Readonly<Record<string, Quotas>>
}

const MIB = 1024 * 1024
const NO_END = Number.POSITIVE_INFINITY

export const QUOTAS_DEFAULT: YardQuotas = {
  everybody: {
    push: 64 * MIB,
    // Several releases of a sandbox lie on the disk.
    tree: 48 * MIB,
    // Scripts are a handful, a page's files some hundreds.
    files: 5_000,
    // Enough to go back to last week's.
    releases: 10,
    disk: 1024 * MIB,
  },
  developers: {},
}

export function quotasOf({ everybody, developers }: YardQuotas, developer: string): Quotas {
  return Object.hasOwn(developers, developer) ? developers[developer]! : everybody
}

/**
 * For a commit that has been accepted already: it is built again when it must be, whatever has become of the quotas since.
 * How many releases are kept stays.
 */
export function acceptedQuotas(quotas: Quotas): Quotas {
  return { ...quotas, push: NO_END, tree: NO_END, files: 100_000, disk: NO_END }
}

/** `61 MiB`, `1.5 MiB`, `812 bytes`: as a person compares it with a quota. */
export function bytesText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB']
  const unit = Math.min(units.length - 1, bytes < 1024 ? 0 : Math.floor(Math.log2(bytes) / 10))
  const count = bytes / 1024 ** unit
  // Rounded up, so that what is a little too much never reads as what is just allowed.
  return `${count < 10 && unit > 0 ? Math.ceil(count * 10) / 10 : Math.ceil(count)} ${units[unit]}`
}
