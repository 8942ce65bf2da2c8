// The configuration of every repository, as one text: what a push may do before any hook of ours has seen it.

/** The largest pack a push may send. What it unpacks to is limited by the hooks. */
export const PACK_BYTES_MAX = 64 * 1024 * 1024

/** Larger blobs are streamed to disk instead of being held in memory: a few MB of pack may hold half a GB of zeros. */
export const BLOB_IN_MEMORY_BYTES_MAX = 8 * 1024 * 1024

/**
 * Renders a bare repository's `config` file, whole: what somebody else put there is gone at the next start.
 *
 * Forced pushes are allowed (`denyNonFastForwards` stays off): a branch is its developer's own, an amended commit or an
 * older one is an ordinary next release, and the reflog keeps what was replaced. Deletions are refused by the hooks with a
 * sentence, and here once more. Nothing is garbage-collected while somebody waits for a push. No ref is hidden: hidden refs
 * give no protection from reading, and all who may connect may read the repository. While a push is in quarantine its alternate is
 * the repository itself, so its refs need not be listed by another process of git.
 */
export function renderRepositoryConfig(options: { hooks: string }): string {
  return `[core]
	repositoryformatversion = 0
	filemode = true
	bare = true
	symlinks = false
	hooksPath = ${quote(options.hooks)}
	logAllRefUpdates = true
	bigFileThreshold = ${BLOB_IN_MEMORY_BYTES_MAX}
	fsync = committed
	fsyncMethod = batch
	alternateRefsCommand = true
[receive]
	fsckObjects = true
	maxInputSize = ${PACK_BYTES_MAX}
	denyDeletes = true
	denyNonFastForwards = false
	shallowUpdate = false
	advertisePushOptions = true
	advertiseAtomic = true
	procReceiveRefs = refs/ctl
	autogc = false
	updateServerInfo = false
[uploadpack]
	allowFilter = false
	allowAnySHA1InWant = false
	allowReachableSHA1InWant = false
	allowTipSHA1InWant = false
[gc]
	auto = 0
[maintenance]
	auto = false
`
}

/** A value of git's configuration: quotes and backslashes escaped, so that any path is only a path. */
function quote(value: string): string {
  return `"${value.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n').replace(/\t/g, '\\t')}"`
}
