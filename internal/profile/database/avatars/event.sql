INSERT INTO avatar_events (user_uuid, number, avatar_key, avatar_version, code, reason, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
