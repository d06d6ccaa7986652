-- Every incident, for ever. `state` is the judge's record of it as JSON; the columns are what it is found by.
CREATE TABLE incidents_incident (
    id BIGINT NOT NULL PRIMARY KEY,
    began_at BIGINT NOT NULL,
    closed_at BIGINT,
    state TEXT NOT NULL
);
CREATE INDEX incidents_incident_closed ON incidents_incident (closed_at);

-- Which resources were part of it.
CREATE TABLE incidents_member (
    resource_id TEXT NOT NULL,
    incident BIGINT NOT NULL,
    PRIMARY KEY (resource_id, incident)
);

-- What happened in it. `state` is the entry as JSON, with the evidence as it was.
CREATE TABLE incidents_entry (
    incident BIGINT NOT NULL,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (incident, number)
);

-- When a person does not want to hear of anything that is not critical: windows, one a line.
CREATE TABLE incidents_quiet (
    person TEXT NOT NULL PRIMARY KEY,
    windows TEXT NOT NULL
);
