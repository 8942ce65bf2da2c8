// The collector's values when its limits are not what is measured.

export const UNLIMITED = { RATE_LIMIT_BURST: '100000000', QUEUE_SIZE: '500000', STATS_INTERVAL: '10' }
