UPDATE users SET display_name = $2, bio = COALESCE($3, bio), version = version + 1
WHERE cognito_user_id = $1 AND (version = $4 OR $4 = 0)
RETURNING uuid, cognito_user_id, handle, display_name, bio, email, avatar_key, avatar_version, last_event, version, created_at
