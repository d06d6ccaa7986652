-- The key by which push services know this hub. There is one row; whoever loses it loses every browser.
CREATE TABLE push_vapid (
    id         BIGINT PRIMARY KEY,
    -- The private key, sealed.
    key        BLOB NOT NULL,
    created_at BIGINT NOT NULL
);

-- Browsers that get messages. Times are milliseconds.
CREATE TABLE push_browser (
    id         TEXT PRIMARY KEY,
    -- The address at the push service of its vendor.
    endpoint   TEXT NOT NULL,
    p256dh     TEXT NOT NULL,
    -- The secret shared with the browser, sealed.
    auth       BLOB NOT NULL,
    -- Whether it was added on Hob's own page; otherwise over ntfy's API.
    own        BOOLEAN NOT NULL,
    -- The id of the person whose browser it is; empty for nobody known.
    person     TEXT NOT NULL,
    -- Whose limit it counts in.
    visitor    TEXT NOT NULL,
    -- Joined by commas.
    topics     TEXT NOT NULL,
    -- What to call it: "Firefox on Android".
    name       TEXT NOT NULL,
    -- The origin of the pages on which it was added; empty for unknown.
    site       TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    -- When it was last heard of, and how its push service answers; as JSON.
    state      TEXT NOT NULL
);
CREATE UNIQUE INDEX push_browser_endpoint ON push_browser (endpoint);
