SELECT '[' || coalesce(string_agg(row_to_json(agent)::text, ','), '') || ']'
FROM (
    SELECT
        agentfeatures.number,
        agent_login_status.extension,
        agent_login_status.context,
        agent_login_status.state_interface,
        'offline' AS status,
        '-1' AS extension_status,
        '0' AS paused
    FROM agentfeatures
    LEFT JOIN agent_login_status ON agent_login_status.agent_id = agentfeatures.id
    ORDER BY agentfeatures.id
) AS agent
