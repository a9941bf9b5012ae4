import { type Account, befriend, call, makeGroup, register, say } from '../api.ts'
import type { Server } from '../server.ts'

export interface Scene {
  me: Account
  /** With a friend. */
  direct: number
  group: number
}

/** A town in which things were said: somebody with friends, a group, unread messages, reactions and quotes. */
export async function scene(server: Server): Promise<Scene> {
  const me = await register(server, 'lin_yan', '林雁')
  const names = [['zhou_ming', '周明'], ['alice', 'Alice Moore'], ['chen_xi', '陈曦'], ['wang_lei', '王磊'], ['sofia', 'Sofia Rossi']] as const
  const friends: Account[] = []
  const chats: number[] = []
  for (const [username, name] of names) {
    const friend = await register(server, username, name)
    chats.push(await befriend(server, me, friend))
    friends.push(friend)
  }
  const [zhou, alice, chen, wang, sofia] = friends as [Account, Account, Account, Account, Account]
  await say(server, wang, chats[3]!, '发票已经寄出，周三前到。')
  await say(server, sofia, chats[4]!, 'The photos are wonderful, thank you!')
  await say(server, chen, chats[2]!, '晚上一起吃饭吗？')
  await say(server, chen, chats[2]!, '老地方，七点 🍜')

  const group = await makeGroup(server, me, '鸿雁 Release crew', [zhou, alice, chen])
  const lines: [Account, string][] = [
    [me, 'Morning! Today we ship. 今天发布 🎉'],
    [zhou, '数据库迁移在预发环境跑过了，没有问题。'],
    [alice, 'Release notes are ready: https://docs.example.com/release/1.0'],
    [me, 'Perfect. Who watches the graphs?'],
    [chen, '我来。有情况马上在这里说。'],
    [alice, 'Rolling out to 10 % now.'],
    [zhou, '延迟稳定，p99 15 毫秒。'],
  ]
  for (const [who, text] of lines) await say(server, who, group, text)
  await call(server, 'PUT', `/conversations/${group}/messages/4/reactions/🚀`, zhou.token)
  await call(server, 'PUT', `/conversations/${group}/messages/4/reactions/🚀`, me.token)
  await call(server, 'PUT', `/conversations/${group}/messages/6/reactions/👍`, alice.token)
  await call(server, 'POST', `/conversations/${group}/messages`, me.token, {
    body: { type: 'text', text: '太好了，全量发布吧！' }, quote: 8,
  })
  const direct = chats[1]!
  await say(server, alice, direct, 'Did you see the sunrise over the lake?')
  await say(server, me, direct, 'Yes! The geese were already on their way south.')
  await say(server, alice, direct, '🪿')
  return { me, direct, group }
}
