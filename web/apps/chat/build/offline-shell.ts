import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Plugin } from 'vite'

/**
 * Writes `sw.js`: the service worker with the list of what was built, and a name for this build, so that it serves the
 * shell when the server cannot be reached.
 */
export function offlineShell(): Plugin {
  return {
    name: 'offline-shell',
    apply: 'build',
    async generateBundle(_, bundle) {
      const built = Object.keys(bundle).filter((name) => name.startsWith('assets/')).sort()
      const source = await readFile(new URL('./service-worker.js', import.meta.url), 'utf8')
      const build = createHash('sha256').update(built.join()).update(source).digest('hex').slice(0, 12)
      const files = ['/', ...built.map((name) => `/${name}`)]
      const head = `const BUILD = '${build}'\nconst FILES = ${JSON.stringify(files)}\n`
      this.emitFile({ type: 'asset', fileName: 'sw.js', source: head + source })
    },
  }
}
