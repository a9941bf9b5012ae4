-- Times are milliseconds UTC, flags 0 or 1. The order of tables is the order of the features.

-- One row, written to see whether the disk takes writes.
create table probe (
  id bigint primary key,
  at_ms bigint not null
);

create table administrator (
  id {{id}},
  name text not null unique,
  password_hash text not null,
  created_ms bigint not null
);

create table account (
  id {{id}},
  uuid text not null unique,
  username text not null,
  username_key text not null unique, -- lower case: names differ by more than case
  password_hash text not null default '',
  role text not null, -- user | visitor
  status bigint not null default 1, -- 1 enabled, 0 disabled
  nickname text not null default '',
  avatar text not null,
  avatar_ms bigint not null default 0,
  privacy text not null default '', -- who may write to me, JSON
  friend_policy bigint not null default 0, -- 0 friends at once, 1 asks me
  mobile text,
  email text,
  gender text not null default 'unknown',
  birthday text,
  bio text,
  location text,
  website text,
  device_id text not null default '',
  platform text not null default '',
  device_model text not null default '',
  device_os text not null default '',
  device_brand text not null default '',
  created_ms bigint not null,
  updated_ms bigint not null,
  login_ms bigint
);
create index account_updated on account (updated_ms);
create unique index account_device on account (device_id) where role = 'visitor' and device_id <> '';

create table session (
  id {{id}},
  account_id bigint not null references account(id) on delete cascade,
  token_hash {{blob}} not null unique,
  role text not null, -- the role when it was issued
  created_ms bigint not null,
  seen_ms bigint not null
);
create index session_account on session (account_id);

create table conversation (
  id {{id}},
  name text not null unique, -- 'direct:LOW:HIGH', 'inbox:ACCOUNT', 'group:UUID'
  kind text not null, -- direct | inbox | group
  last_seq bigint not null default 0
);

create table membership (
  id {{id}},
  conversation_id bigint not null references conversation(id) on delete cascade,
  account_id bigint not null references account(id) on delete cascade,
  state text not null, -- active | pending | muted | left
  nickname text not null default '',
  avatar text not null default '',
  has_written bigint not null default 0, -- direct: this member has sent a message
  delivered_seq bigint not null, -- everything up to here has arrived or is not for this member
  delivered_above text not null default '', -- ranges that arrived beyond it: '7-9,12-12'
  left_seq bigint, -- the last message of the time before leaving
  created_ms bigint not null,
  updated_ms bigint not null,
  unique (conversation_id, account_id)
);
create index membership_account on membership (account_id);
create index membership_order on membership (conversation_id, id);

-- No foreign keys: each would cost a look-up per message, and rows are never deleted one by one.
create table message (
  mid {{log_id}},
  uuid {{blob}} not null unique,
  conversation_id bigint not null,
  seq bigint not null,
  sender_id bigint not null,
  body text not null,
  raw text, -- what a dialect needs to say it again to the letter
  created_ms bigint not null,
  revoked_ms bigint,
  unique (conversation_id, seq)
);

create table edge (
  id {{id}},
  owner_id bigint not null references account(id) on delete cascade,
  peer_id bigint not null references account(id) on delete cascade,
  remark text not null default '',
  starred bigint not null default 0,
  blocked bigint not null default 0,
  shows_me bigint not null default 1, -- the peer may see my moments
  shows_peer bigint not null default 1, -- I want to see the peer's
  status bigint not null default 1, -- 0 when the operator cut the edge
  created_ms bigint not null,
  updated_ms bigint not null,
  unique (owner_id, peer_id)
);

create table friend_request (
  id {{id}},
  from_id bigint not null references account(id) on delete cascade,
  to_id bigint not null references account(id) on delete cascade,
  text text not null,
  state text not null, -- pending | agree | refuse | ignore
  created_ms bigint not null,
  updated_ms bigint not null
);
create index friend_request_to on friend_request (to_id, id);
create index friend_request_pair on friend_request (from_id, to_id);

create table chat_group (
  id bigint primary key references conversation(id) on delete cascade,
  uuid text not null unique,
  owner_id bigint not null references account(id) on delete cascade,
  name text not null,
  avatar text not null,
  announcement text not null default '',
  join_policy bigint not null default 0, -- 0 open, 1 the owner approves, 2 registered users only
  status bigint not null default 1, -- 1 normal, 2 locked, 0 dissolved
  created_ms bigint not null,
  updated_ms bigint not null
);

create table answer (
  id bigint primary key, -- the clock's milliseconds, made unique
  owner_id bigint not null references account(id) on delete cascade,
  scope text not null, -- single | group
  ask text not null,
  answer text not null,
  likes bigint not null default 0,
  created_ms bigint not null,
  updated_ms bigint not null,
  unique (owner_id, scope, ask)
);

create table complaint (
  id {{id}},
  account_id bigint not null references account(id) on delete cascade,
  target_id bigint not null,
  target_kind text not null, -- single | group
  target_name text not null,
  reason text not null,
  content text not null,
  images text not null, -- JSON array
  excerpt text not null, -- JSON array: what was said
  status bigint not null default 0, -- 0 new, 1 in progress, 2 done, 3 closed
  reply text,
  created_ms bigint not null,
  updated_ms bigint not null,
  deleted_ms bigint
);
create index complaint_account on complaint (account_id, id);
