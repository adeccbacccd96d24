-- Where each agent is, for what writes: no other statement reads it.

CREATE TABLE agent_presences (
    agent_id integer PRIMARY KEY REFERENCES agentfeatures (id),
    presence text NOT NULL
);

INSERT INTO agent_presences (agent_id, presence)
SELECT id, 'away'
FROM agentfeatures;

ANALYZE agent_presences;
