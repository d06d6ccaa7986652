-- The last state of every resource, so that a restart shows what was known.
CREATE TABLE hob_resource (
    id TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL,
    saved_at BIGINT NOT NULL
);

-- Every change of health, for ever. `at` grows strictly for one resource.
CREATE TABLE hob_transition (
    resource_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    from_level TEXT,
    to_level TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (resource_id, at)
);
CREATE INDEX hob_transition_at ON hob_transition (at);

-- When the hub ran: outside of these spans nothing is known.
CREATE TABLE hob_run (
    started_at BIGINT NOT NULL PRIMARY KEY,
    alive_at BIGINT NOT NULL
);
