-- Messages, in the order in which subscribers get them. One that is not yet due has no place in that order: it is given
-- a new position when it is delivered.
CREATE TABLE push_message (
    position    BIGINT PRIMARY KEY,
    id          TEXT NOT NULL,
    sequence_id TEXT NOT NULL,
    topic       TEXT NOT NULL,
    event       TEXT NOT NULL,
    -- When it was published, or is to be; milliseconds.
    at          BIGINT NOT NULL,
    -- After this it is forgotten; milliseconds.
    expires_at  BIGINT NOT NULL,
    -- Whether it was given to subscribers; not yet, when it is for later.
    delivered   BOOLEAN NOT NULL,
    title       TEXT NOT NULL,
    body        TEXT NOT NULL,
    priority    BIGINT NOT NULL,
    -- Joined by commas.
    tags        TEXT NOT NULL,
    -- The name of who published it; empty for somebody unknown.
    publisher   TEXT NOT NULL,
    -- The whole message as subscribers get it.
    json        TEXT NOT NULL
);
CREATE UNIQUE INDEX push_message_id ON push_message (id);
CREATE INDEX push_message_topic ON push_message (topic, position);
CREATE INDEX push_message_expires ON push_message (expires_at);
CREATE INDEX push_message_due ON push_message (delivered, at);

-- Files that came with messages; the file itself is push/attachments/<message_id> in the data directory.
CREATE TABLE push_attachment (
    message_id TEXT PRIMARY KEY,
    topic      TEXT NOT NULL,
    -- Whose quota it counts in.
    owner      TEXT NOT NULL,
    name       TEXT NOT NULL,
    type       TEXT NOT NULL,
    size       BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX push_attachment_expires ON push_attachment (expires_at);
