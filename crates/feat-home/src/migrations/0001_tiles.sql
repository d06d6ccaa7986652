-- What people changed about a tile; NULL leaves what was found.
CREATE TABLE home_tile (
    resource_id TEXT NOT NULL PRIMARY KEY,
    name TEXT,
    tile_group TEXT,
    icon TEXT,
    hidden BOOLEAN,
    pinned BOOLEAN
);
