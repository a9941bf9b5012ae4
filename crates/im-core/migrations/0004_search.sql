-- Searching messages: which words stand in which, and how far the log was looked at.

create table search_progress (
  id bigint primary key,
  mid bigint not null
);
insert into search_progress (id, mid) values (1, 0);

-- The words are made by the product (im-core's search), so both engines know the same ones, and which message
-- has them is all that is kept.
{{sqlite}} create virtual table message_words using fts5(words, content = '', contentless_delete = 1, detail = none, prefix = '1', tokenize = 'ascii');
-- Parts of the index are joined later and less at once: whoever sends waits behind it.
{{sqlite}} insert into message_words (message_words, rank) values ('automerge', 8);
{{postgres}} create table message_words (mid bigint primary key, words tsvector not null);
{{postgres}} create index message_words_words on message_words using gin (words) with (fastupdate = off);

-- How many are in a group, without looking at each.
create index membership_active on membership (conversation_id) where state = 'active';
