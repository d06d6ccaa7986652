-- What registries said, so that a restart of the hub does not ask all of them again. `login` is a fingerprint of the name and
-- password that were shown, sealed with the hub's key; null: nobody logged in.
CREATE TABLE kubernetes_pull (
    id TEXT NOT NULL PRIMARY KEY,
    image TEXT NOT NULL,
    login BLOB,
    answer TEXT NOT NULL,
    latest TEXT NOT NULL,
    detail TEXT NOT NULL,
    digest TEXT NOT NULL,
    platforms TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    good_at BIGINT,
    failures BIGINT NOT NULL,
    expires_at BIGINT
);
