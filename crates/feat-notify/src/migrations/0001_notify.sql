-- Channels made on the page or by the API. `config` is JSON with secrets, sealed.
CREATE TABLE notify_channel (
    name TEXT NOT NULL PRIMARY KEY,
    title TEXT NOT NULL,
    owner TEXT,
    paused BOOLEAN NOT NULL,
    per_minute BIGINT NOT NULL,
    config BLOB NOT NULL,
    created_at BIGINT NOT NULL
);

-- Rules made on the page or by the API, in their order. `rule` is JSON.
CREATE TABLE notify_rule (
    id TEXT NOT NULL PRIMARY KEY,
    place BIGINT NOT NULL,
    rule TEXT NOT NULL
);

-- Every message to somebody, and what became of it. `key` is news, rule and person; `body` is JSON; `words` is what the
-- log is searched for, in small letters.
CREATE TABLE notify_delivery (
    key TEXT NOT NULL PRIMARY KEY,
    incident BIGINT,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at BIGINT,
    words TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX notify_delivery_created ON notify_delivery (created_at, key);
CREATE INDEX notify_delivery_incident ON notify_delivery (incident, created_at);
CREATE INDEX notify_delivery_state ON notify_delivery (state);

-- Notices that were taken up: none is taken up twice, whatever becomes of rules meanwhile.
CREATE TABLE notify_taken (
    key TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
);

-- What later messages about an incident edit or answer, by channel and, of browsers, by person ('' for none).
CREATE TABLE notify_thread (
    incident BIGINT NOT NULL,
    channel TEXT NOT NULL,
    person TEXT NOT NULL,
    reference TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (incident, channel, person)
);

-- Small things that must outlast a restart: how each channel works, which digests were sent.
CREATE TABLE notify_mark (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
