SELECT uuid, message, likes_count, replies_count, reposts_count, created_at, expires_at
FROM activities WHERE user_uuid = $1 AND (expires_at IS NULL OR expires_at > $2)
ORDER BY created_at DESC, uuid DESC LIMIT $3
