INSERT INTO users (uuid, cognito_user_id, handle, display_name, bio, email, created_at,
  avatar_key, avatar_version, avatar_sequencer, last_event, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, '', '', '', 0, 1)
ON CONFLICT DO NOTHING
