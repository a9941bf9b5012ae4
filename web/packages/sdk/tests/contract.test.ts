/// <reference types="vite/client" />
import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript'
import { expect, test } from 'vitest'
import document from '../../../../docs/openapi.json?raw'
import type { ClientFrame, Entry, EntryPage, FoundMessage, InvitePreview, SendableBody, Conversation, Draft } from '../src'
import type { components } from '../src/generated'
import generated from '../src/generated.ts?raw'

type Schemas = components['schemas']

/** Compiles when each type may stand for the schema beside it: made narrower by hand, and nothing else. */
type Narrower<Narrow extends Wide, Wide> = [Narrow, Wide]
export type Checked = [
  Narrower<Entry['kind'], Schemas['EntryKind']>,
  Narrower<Schemas['EntryKind'], Entry['kind']>,
  Narrower<Extract<Entry, { kind: 'message' }>, Omit<Schemas['Entry'], never>>,
  Narrower<Extract<Entry, { kind: 'notice' }>, Pick<Schemas['Entry'], 'kind' | 'body' | 'sender' | 'seq'>>,
  Narrower<Extract<Entry, { kind: 'change' }>, Pick<Schemas['Entry'], 'kind' | 'body' | 'sender' | 'seq'>>,
  Narrower<keyof EntryPage, keyof Schemas['Entries']>,
  Narrower<keyof Conversation, keyof Schemas['Conversation']>,
  Narrower<keyof FoundMessage, keyof Schemas['Hit']>,
  Narrower<keyof InvitePreview, keyof Schemas['InvitePreview']>,
  Narrower<SendableBody, Schemas['MessageBody']>,
  Narrower<Draft & { client_id: string }, Schemas['SendBody']>,
  Narrower<Extract<ClientFrame, { type: 'read' }>['seq'], Schemas['UpTo']['seq']>,
]

test('the types are those of docs/openapi.json: `npm run generate` makes them anew', async () => {
  const fresh = COMMENT_HEADER + astToString(await openapiTS(document))
  expect(generated === fresh).toBe(true)
})
