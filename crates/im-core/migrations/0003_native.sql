-- What the native API needs: refresh tokens, retries by client_id, edits, reactions, mentions, acknowledgements, invitations.

alter table session add column family_hash {{blob}}; -- of what all refresh tokens of the session begin with
alter table session add column refresh_hash {{blob}};
alter table session add column previous_hash {{blob}}; -- the refresh token before it: good for a moment
alter table session add column rotated_ms bigint not null default 0;
alter table session add column access_until_ms bigint; -- when the access token ends; null: with the session
alter table session add column device text not null default '';
alter table session add column address text not null default '';
create unique index session_family on session (family_hash) where family_hash is not null;

alter table membership add column acked_seq bigint not null default 0; -- native devices have everything up to here
alter table membership add column quiet bigint not null default 0;
alter table membership add column cleared_seq bigint not null default 0; -- not shown to this member up to here
alter table membership add column marked_unread bigint not null default 0;
alter table membership add column asked_text text not null default ''; -- what was said with the wish to come in
alter table membership add column asked_by bigint; -- who invited one that waits
alter table membership add column asked_invite bigint; -- the invitation that it used: given back when it is refused

alter table message add column client_id text; -- the sender's name for it: a retry finds it
alter table message add column client_digest bigint; -- of what was said under that name
alter table message add column edited_ms bigint;
alter table message add column changed_seq bigint not null default 0; -- the newest entry that changed this one
alter table message add column extra text; -- mentions, and from whom it was forwarded: JSON
create unique index message_client on message (conversation_id, sender_id, client_id) where client_id is not null;

create table reaction (
  mid bigint not null,
  account_id bigint not null references account(id) on delete cascade,
  emoji text not null,
  seq bigint not null, -- the change that put it there
  emoji_seq bigint not null, -- the one that put the first of this emoji there, of those without a break
  primary key (mid, account_id, emoji)
);

create table mention (
  account_id bigint not null, -- 0: everybody in the conversation
  conversation_id bigint not null,
  seq bigint not null,
  primary key (account_id, conversation_id, seq)
);

create table invite (
  id {{id}},
  group_id bigint not null references conversation(id) on delete cascade,
  token text not null unique,
  by_id bigint not null references account(id) on delete cascade,
  created_ms bigint not null,
  expires_ms bigint,
  uses_left bigint
);
create index invite_group on invite (group_id);
