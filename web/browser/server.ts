import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

const BINARY = process.env.HONGYAN ?? path.resolve(import.meta.dirname, '../../target/debug/hongyan')

/** The real server on a port and a directory of its own. */
export class Server {
  private readonly port: number
  private readonly data: string
  private process: ChildProcess

  private constructor(port: number, data: string, process: ChildProcess) {
    this.port = port
    this.data = data
    this.process = process
  }

  static async start(): Promise<Server> {
    const [port, data] = [await freePort(), await mkdtemp(path.join(tmpdir(), 'hongyan-'))]
    return new Server(port, data, await serve(port, data))
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** As a power cut would end it; it comes back with what is on the disk. */
  async killAndRestart(): Promise<void> {
    await this.end('SIGKILL')
    this.process = await serve(this.port, this.data)
  }

  async stop(): Promise<void> {
    await this.end('SIGTERM')
    await rm(this.data, { recursive: true, force: true })
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const ended = once(this.process, 'exit')
    this.process.kill(signal)
    await ended
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Starts the binary; resolves when it says that it can write. */
async function serve(port: number, data: string): Promise<ChildProcess> {
  const server = spawn(BINARY, ['serve', '--listen', `127.0.0.1:${port}`, '--data', data], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, HONGYAN_LOG__LEVEL: 'warn', HONGYAN_LIMITS__ENABLED: 'false' },
  })
  for (;;) {
    if (server.exitCode !== null) throw new Error(`the server ended with ${server.exitCode}`)
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
    if (ready?.ok) return server
    await new Promise((again) => setTimeout(again, 50))
  }
}
