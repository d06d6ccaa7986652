-- Every endpoint that was found and is worth missing. `url` is null for what does not speak HTTP.
CREATE TABLE services_service (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    port BIGINT NOT NULL,
    addresses TEXT NOT NULL,
    scheme TEXT,
    url TEXT,
    title TEXT,
    server TEXT,
    content_type TEXT,
    icon_hash TEXT,
    other TEXT,
    process TEXT,
    first_seen BIGINT NOT NULL,
    last_listening_at BIGINT NOT NULL,
    identified_at BIGINT NOT NULL
);

-- Icons by the beginning of their SHA-256.
CREATE TABLE services_icon (
    hash TEXT NOT NULL PRIMARY KEY,
    content_type TEXT NOT NULL,
    bytes BLOB NOT NULL,
    fetched_at BIGINT NOT NULL
);
