-- A question with what came of it. The gateway writes the row, and says no ending before it is there.
create table if not exists messages (
  id text primary key,
  chat text not null,
  question text not null,
  answer text not null,
  outcome text not null,
  asked timestamptz not null
);
create index if not exists messages_of_chat on messages (chat, asked);

-- What it cost. The application writes the row when the gateway's webhook tells it.
create table if not exists costs (
  message text not null,
  asked timestamptz not null,
  chat text,
  outcome text not null,
  tokens integer,
  primary key (message, asked)
);
