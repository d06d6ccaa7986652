-- Pages for everybody: what they are called and where they are.
CREATE TABLE status_page (
    id TEXT NOT NULL PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    intro TEXT NOT NULL,
    shows_reasons BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- What a page shows, in its order, under the names that everybody may know.
CREATE TABLE status_entry (
    page_id TEXT NOT NULL REFERENCES status_page (id) ON DELETE CASCADE,
    resource_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    group_title TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (page_id, resource_id)
);

-- What the owner tells the visitors of a page.
CREATE TABLE status_announcement (
    id TEXT NOT NULL PRIMARY KEY,
    page_id TEXT NOT NULL REFERENCES status_page (id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    planned BOOLEAN NOT NULL,
    from_at BIGINT NOT NULL,
    to_at BIGINT
);
CREATE INDEX status_announcement_page ON status_announcement (page_id, from_at);

-- What people want of a resource, in per cent of the time.
CREATE TABLE status_objective (
    resource_id TEXT NOT NULL PRIMARY KEY,
    percent DOUBLE PRECISION NOT NULL
);

-- When maintenance really was, and of what: silences themselves are forgotten soon after they end.
CREATE TABLE status_window (
    silence_id TEXT NOT NULL,
    from_at BIGINT NOT NULL,
    to_at BIGINT NOT NULL,
    matchers TEXT NOT NULL,
    PRIMARY KEY (silence_id, from_at)
);
CREATE INDEX status_window_to ON status_window (to_at);
