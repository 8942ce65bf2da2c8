// When a message is worth compressing.

/** A shorter one hardly gets smaller, and the call costs more than the bytes. The default of `ws`, too. */
export const COMPRESSED_BYTES_MIN = 1024
