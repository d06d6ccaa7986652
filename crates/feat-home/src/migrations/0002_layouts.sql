-- Words to find a tile by; NULL for none but those that were found.
ALTER TABLE home_tile ADD COLUMN tags TEXT;

-- How each person wants the page, as JSON; '' is the layout of everybody without an account.
CREATE TABLE home_layout (
    person TEXT NOT NULL PRIMARY KEY,
    layout TEXT NOT NULL
);

-- What people wrote down themselves: tiles, bookmarks and search engines.
CREATE TABLE home_link (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    link_group TEXT,
    icon TEXT,
    description TEXT,
    tags TEXT,
    checked BOOLEAN NOT NULL,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (kind, id)
);

-- Links under which a wall display needs no login. Of the secret in the address only a hash is kept.
CREATE TABLE home_wall (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    dark TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL
);
