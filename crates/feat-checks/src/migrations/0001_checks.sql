-- Checks that people made on the page or over the API. The id is also the name of their resource.
CREATE TABLE checks_check (
    id TEXT NOT NULL PRIMARY KEY,
    definition TEXT NOT NULL,
    enabled BOOLEAN NOT NULL,
    updated_at BIGINT NOT NULL
);

-- What the owner wants otherwise for a service that was found by itself. NULL: as whoever found it says.
CREATE TABLE checks_override (
    resource_id TEXT NOT NULL PRIMARY KEY,
    every_ms BIGINT,
    timeout_ms BIGINT,
    failures BIGINT,
    paused BOOLEAN NOT NULL,
    updated_at BIGINT NOT NULL
);
