SELECT number, avatar_key, avatar_version, code, reason FROM avatar_events
WHERE user_uuid = $1 AND number > $2 ORDER BY number
