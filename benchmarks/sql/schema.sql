-- The agents of a call centre: 50 of them, every second one logged in.

CREATE TABLE agentfeatures (
    id integer PRIMARY KEY,
    number text NOT NULL UNIQUE
);

CREATE TABLE agent_login_status (
    agent_id integer PRIMARY KEY REFERENCES agentfeatures (id),
    extension text NOT NULL,
    context text NOT NULL,
    state_interface text NOT NULL
);

INSERT INTO agentfeatures (id, number)
SELECT n, (1000 + n)::text
FROM generate_series(1, 50) AS n;

INSERT INTO agent_login_status (agent_id, extension, context, state_interface)
SELECT n, (2000 + n)::text, 'default', 'SIP/agent-' || (2000 + n)
FROM generate_series(1, 50, 2) AS n;

ANALYZE agentfeatures, agent_login_status;
