-- Who may what. who: a user's id, or empty for everybody. owner: whose reservation it belongs to, or empty.
CREATE TABLE push_rule (
    who        TEXT NOT NULL,
    pattern    TEXT NOT NULL,
    can_read   BOOLEAN NOT NULL,
    can_write  BOOLEAN NOT NULL,
    owner      TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (who, pattern)
);

-- What people made for their clients. The token itself is only kept as its SHA-256; hint is what lists show of it.
CREATE TABLE push_token (
    id             TEXT PRIMARY KEY,
    hash           TEXT NOT NULL UNIQUE,
    hint           TEXT NOT NULL,
    person         TEXT NOT NULL,
    label          TEXT NOT NULL,
    created_at     BIGINT NOT NULL,
    expires_at     BIGINT,
    last_access_at BIGINT,
    last_origin    TEXT NOT NULL
);
CREATE INDEX push_token_person ON push_token (person);

-- What ntfy's clients keep on the server for a person.
CREATE TABLE push_prefs (
    person TEXT PRIMARY KEY,
    json   TEXT NOT NULL
);
CREATE TABLE push_synced (
    person       TEXT NOT NULL,
    base_url     TEXT NOT NULL,
    topic        TEXT NOT NULL,
    display_name TEXT,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (person, base_url, topic)
);

-- Up to which position a person has read the inbox.
CREATE TABLE push_read (
    person   TEXT PRIMARY KEY,
    position BIGINT NOT NULL
);

-- What is the newest word of a sequence.
CREATE INDEX push_message_sequence ON push_message (topic, sequence_id, position);
