-- The icons of tiles that others found: when each was last asked for, at which address, and what came of it.
CREATE TABLE services_tile_icon (
    id TEXT NOT NULL PRIMARY KEY,
    url TEXT NOT NULL,
    icon_hash TEXT,
    asked_at BIGINT NOT NULL
);
