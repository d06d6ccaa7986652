-- Of what nobody is to be told, and when. `state` is the silence as JSON.
CREATE TABLE hob_silence (
    id TEXT NOT NULL PRIMARY KEY,
    ends_at BIGINT,
    state TEXT NOT NULL
);

-- What people are to be told. The key says what it is about, so that nothing is said twice, whatever happens in between.
CREATE TABLE hob_notice (
    key TEXT NOT NULL PRIMARY KEY,
    incident BIGINT,
    at BIGINT NOT NULL,
    due BIGINT NOT NULL,
    state TEXT NOT NULL
);
CREATE INDEX hob_notice_incident ON hob_notice (incident, at);
CREATE INDEX hob_notice_due ON hob_notice (due);
