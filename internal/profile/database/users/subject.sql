SELECT uuid, cognito_user_id, handle, display_name, bio, email, avatar_key, avatar_version, last_event, version, created_at
FROM users WHERE cognito_user_id = $1
