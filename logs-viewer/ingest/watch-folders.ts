// Tells when something happened in one of many folders.
import { type FSWatcher, statSync, watch } from 'node:fs'

export interface FolderWatch {
  /**
   * From now on these folders are watched, and no others. True when a new one is among them: look into it, something may have happened
   * before. A folder that cannot be watched is left to the caller's rescans.
   */
  set(folders: ReadonlySet<string>): boolean
  close(): void
}

export function watchFolders(onChange: (folder: string, name: string | null) => void): FolderWatch {
  const watchers = new Map<string, { watcher: FSWatcher; inode: number }>()
  const forget = (folder: string) => {
    watchers.get(folder)?.watcher.close()
    watchers.delete(folder)
  }
  const add = (folder: string, inode: number) => {
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => onChange(folder, name))
      watcher.on('error', () => forget(folder))
      watchers.set(folder, { watcher, inode })
    } catch {
      // Removed meanwhile, or no more watches to be had (fs.inotify.max_user_watches).
    }
  }
  return {
    set(folders) {
      for (const folder of watchers.keys()) if (!folders.has(folder)) forget(folder)
      const before = new Set(watchers.values())
      for (const folder of folders) {
        const inode = inodeOf(folder)
        const known = watchers.get(folder)
        if (known?.inode === inode) continue
        // Another folder under the same name: the watch belongs to the one that is gone.
        forget(folder)
        if (inode !== undefined) add(folder, inode)
      }
      return [...watchers.values()].some((watcher) => !before.has(watcher))
    },
    close() {
      for (const folder of [...watchers.keys()]) forget(folder)
    },
  }
}

/** Undefined for a folder that is not there, or that is not for us to see: what it holds is not shown, and nothing else suffers. */
function inodeOf(folder: string): number | undefined {
  try {
    return statSync(folder).ino
  } catch {
    return undefined
  }
}
