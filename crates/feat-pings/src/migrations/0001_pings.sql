-- The jobs. `code` is the secret of its ping address, sealed; `code_hash` is what it is found by. `definition` and
-- `state` are JSON.
CREATE TABLE pings_job (
    id BIGINT NOT NULL PRIMARY KEY,
    handle TEXT NOT NULL,
    code_hash TEXT NOT NULL UNIQUE,
    code BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    definition TEXT NOT NULL,
    state TEXT NOT NULL
);

-- The last pings of each job. A slot is used again after a hundred pings, so that nothing has to be deleted.
CREATE TABLE pings_ping (
    job BIGINT NOT NULL,
    slot BIGINT NOT NULL,
    n BIGINT NOT NULL,
    at BIGINT NOT NULL,
    head TEXT NOT NULL,
    size BIGINT NOT NULL,
    body BLOB,
    PRIMARY KEY (job, slot)
);

-- The hub's ping key, sealed. There is one row.
CREATE TABLE pings_key (
    id BIGINT NOT NULL PRIMARY KEY,
    key BLOB NOT NULL,
    made_at BIGINT NOT NULL
);
