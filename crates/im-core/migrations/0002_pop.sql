-- What the pop dialect needs: public numbers, merchants and their seats, read positions, roles, deletions.

alter table account add column nid bigint; -- seven digits, to be printed and dictated
-- Accounts from before get one each: the factor has no divisor in common with the range.
update account set nid = 1000000 + (id * 7654321 + 1234567) % 9000000;
create unique index account_nid on account (nid);
create unique index account_mobile on account (mobile);
alter table account add column merchant bigint not null default 0;
alter table account add column parent_id bigint references account(id) on delete cascade;
create index account_parent on account (parent_id);
alter table account add column offline_ms bigint not null default 0; -- when it was last seen going offline

alter table session add column door text not null default 'egg'; -- the dialect that it speaks

alter table membership add column role text not null default 'member'; -- member | manager
alter table membership add column alias text not null default ''; -- what this member calls the group
alter table membership add column muted_until_ms bigint not null default 0;
alter table membership add column pinned bigint not null default 0;
alter table membership add column read_seq bigint not null default 0; -- this member has seen everything up to here
alter table membership add column read_ms bigint not null default 0;
alter table membership add column hidden_seq bigint; -- not listed until something comes behind this place
-- Direct: when they stopped being friends; strangers who said nothing since have nothing in common, unless
-- one of them opened the conversation.
alter table membership add column parted_seq bigint not null default 0;
alter table membership add column opened bigint not null default 0;
-- Whether this member may have said something behind read_seq itself: then what is new must be looked at.
alter table membership add column own_unseen bigint not null default 0;
update membership set own_unseen = 1;
-- Direct, on the side of a merchant: when its customer was welcomed, and when a person last answered.
alter table membership add column welcomed_ms bigint not null default 0;
alter table membership add column answered_ms bigint not null default 0;

alter table chat_group add column faces text not null default ''; -- the first nine members' numbers
alter table chat_group add column avatar_custom bigint not null default 0;
alter table chat_group add column mute_all bigint not null default 0;

alter table message add column kind bigint not null default 0; -- 0 said, 1 told to all, 2 changes other entries
alter table message add column quote_mid bigint;
alter table message add column deleted_ms bigint; -- gone for everybody
update message set body = '{"notice":{"group_created":{"people":[]}}}' where body = '{"notice":"group_created"}';
update message set kind = 1 where body like '{"notice"%';
update message set kind = 2 where body like '{"notice":{"revoked"%' or body like '{"notice":"befriended"%';

-- The few messages that are no news to anybody.
create index message_silent on message (conversation_id, seq)
  where kind <> 0 or deleted_ms is not null or revoked_ms is not null;

create table hidden_message (
  account_id bigint not null references account(id) on delete cascade,
  conversation_id bigint not null,
  seq bigint not null,
  primary key (account_id, conversation_id, seq)
);

-- What an operator flips while the server runs.
create table switch (
  name text primary key,
  value text not null
);

-- Made at random at the first start.
create table secret (
  name text primary key,
  value text not null
);

create table sms_code (
  phone text not null,
  purpose text not null, -- register | forget | retrieve
  code_hash text not null,
  tries bigint not null default 0,
  created_ms bigint not null,
  primary key (phone, purpose)
);

-- A merchant's texts: 1 welcome, 2 for its staff to insert, 3 answers to questions.
create table reply (
  id {{id}},
  owner_id bigint not null references account(id) on delete cascade,
  kind bigint not null,
  title text not null,
  keyword text not null default '',
  content text not null,
  shown bigint not null default 1,
  weight bigint not null default 100,
  is_default bigint not null default 0
);
create index reply_owner on reply (owner_id, kind);

-- Which seat of a merchant a customer talks to.
create table assignment (
  merchant_id bigint not null references account(id) on delete cascade,
  customer_id bigint not null references account(id) on delete cascade,
  seat_id bigint not null references account(id) on delete cascade,
  assigned_ms bigint not null,
  primary key (merchant_id, customer_id)
);

create table upload (
  id {{id}},
  account_id bigint not null, -- 0: a server key without a user
  path text not null,
  name text not null,
  size_bytes bigint not null,
  created_ms bigint not null
);
create index upload_account on upload (account_id, created_ms);
