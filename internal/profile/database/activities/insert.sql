INSERT INTO activities (uuid, user_uuid, message, likes_count, replies_count, reposts_count, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT DO NOTHING
