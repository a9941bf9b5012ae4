import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import PusherServer from 'pusher'
import PusherClient from 'pusher-js'
import { APP, Server } from './server.js'

const Pusher = PusherClient.default ?? PusherClient
const PATIENCE_MS = 20_000

let server
let tom
let jerry
const clients = []

before(async () => {
  server = await Server.start()
  tom = await server.person('tom')
  jerry = await server.person('jerry')
  await server.withKey('friend/add', { login_uid: tom.uid, friend_uid: jerry.uid })
})

after(async () => {
  for (const client of clients) client.disconnect()
  await server?.stop()
})

/** A stock client of somebody, who signs in to channels with the token. */
function client(person, key = person.appkey) {
  const options = {
    cluster: 'none',
    wsHost: '127.0.0.1',
    wsPort: server.port,
    forceTLS: false,
    enabledTransports: ['ws'],
    channelAuthorization: {
      transport: 'ajax',
      endpoint: `${server.base}/pusher/auth`,
      headers: { token: person.token },
    },
  }
  const made = new Pusher(key, options)
  clients.push(made)
  return made
}

/** What a channel or a connection says next under this name. */
function next(emitter, event) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no ${event} came`)), PATIENCE_MS)
    late.unref() // what nobody waits for any more does not keep the process
    const heard = (data) => {
      clearTimeout(late)
      emitter.unbind(event, heard)
      resolve(data)
    }
    emitter.bind(event, heard)
  })
}

/** Subscribes and waits until it is granted. */
async function subscribed(pusher, name) {
  const channel = pusher.subscribe(name)
  if (channel.subscribed) return channel
  const refused = next(channel, 'pusher:subscription_error').then((error) => {
    throw new Error(`${name}: ${JSON.stringify(error)}`)
  })
  refused.catch(() => {}) // when it is granted, nobody waits for the refusal
  await Promise.race([next(channel, 'pusher:subscription_succeeded'), refused])
  return channel
}

const say = (content) => jerry.call('message/send', { to: tom.uid, type: 'friend', content })

test('a message sent over HTTP reaches the public-named and the private channel', async () => {
  const pusher = client(tom)
  const channels = [
    await subscribed(pusher, `user-${tom.uid}`),
    await subscribed(pusher, `private-user-${tom.uid}`),
  ]
  const heard = channels.map((channel) => next(channel, 'message'))
  const { mid } = await say('你好 <b>')
  for (const message of await Promise.all(heard)) {
    assert.equal(message.content, '你好 &lt;b&gt;')
    assert.deepEqual([message.mid, message.from, message.type], [mid, String(jerry.uid), 'friend'])
  }
})

test('the base key with a signature is enough for a private channel', async () => {
  const channel = await subscribed(client(tom, APP.key), `private-user-${tom.uid}`)
  const heard = next(channel, 'message')
  await say('signed')
  assert.equal((await heard).content, 'signed')
})

test('a channel of somebody else is refused', async () => {
  const pusher = client(tom)
  for (const name of [`user-${jerry.uid}`, `private-user-${jerry.uid}`]) {
    const channel = pusher.subscribe(name)
    const error = await next(channel, 'pusher:subscription_error')
    assert.equal(error.status, 403)
    assert.equal(channel.subscribed, false)
  }
})

test('members of a group see each other come and go', async () => {
  const { gid } = await tom.call('group/create', { 'members[]': jerry.uid })
  const name = `presence-group-${gid}`
  const ours = await subscribed(client(tom), name)
  assert.equal(ours.members.count, 1)
  assert.equal(ours.members.me.id, String(tom.uid))
  const came = next(ours, 'pusher:member_added')
  const other = client(jerry)
  const theirs = await subscribed(other, name)
  assert.equal(theirs.members.count, 2)
  const member = await came
  assert.deepEqual([member.id, member.info.name], [String(jerry.uid), 'jerry'])
  const left = next(ours, 'pusher:member_removed')
  other.disconnect()
  assert.equal((await left).id, String(jerry.uid))
})

test('clients talk to each other on a private channel', async () => {
  const { gid } = await tom.call('group/create', { 'members[]': jerry.uid })
  const name = `private-group-${gid}`
  const ours = await subscribed(client(tom), name)
  const theirs = await subscribed(client(jerry), name)
  const heard = next(theirs, 'client-typing')
  assert.ok(ours.trigger('client-typing', { on: true }))
  assert.deepEqual(await heard, { on: true })
})

test('a back end triggers an event with the stock server library', async () => {
  const channel = await subscribed(client(tom), `user-${tom.uid}`)
  const backEndWith = (secret) => {
    const where = { host: '127.0.0.1', port: String(server.triggerPort), useTLS: false }
    return new PusherServer({ appId: APP.id, key: APP.key, secret, ...where })
  }
  const backEnd = backEndWith(APP.secret)
  const heard = next(channel, 'hello')
  const answer = await backEnd.trigger(`user-${tom.uid}`, 'hello', { from: '后端' })
  assert.equal(answer.status, 200)
  assert.deepEqual(await heard, { from: '后端' })
  const batch = next(channel, 'again')
  await backEnd.triggerBatch([{ channel: `user-${tom.uid}`, name: 'again', data: { n: 2 } }])
  assert.deepEqual(await batch, { n: 2 })
  const channels = await backEnd.get({ path: '/channels', params: { filter_by_prefix: 'user-' } })
  assert.ok(`user-${tom.uid}` in (await channels.json()).channels)
  await assert.rejects(backEndWith('guess').trigger(`user-${tom.uid}`, 'hello', {}), { status: 401 })
})

test('a client goes on receiving after the server came back', async () => {
  const pusher = client(tom)
  const channels = [
    await subscribed(pusher, `user-${tom.uid}`),
    await subscribed(pusher, `private-user-${tom.uid}`),
  ]
  const away = next(pusher.connection, 'connecting')
  await server.halt()
  await away
  const back = channels.map((channel) => next(channel, 'pusher:subscription_succeeded'))
  await server.run()
  // A client that found nobody waits 15 seconds, unless it hears, as in a browser, that the network is back.
  // That moves only a client that still means to connect.
  Pusher.Runtime.getNetwork().emit('online')
  await Promise.all(back)
  const heard = channels.map((channel) => next(channel, 'message'))
  await say('after the restart')
  for (const message of await Promise.all(heard)) assert.equal(message.content, 'after the restart')
})
