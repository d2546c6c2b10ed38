UPDATE users SET last_event = last_event + 1 WHERE cognito_user_id = $1 RETURNING uuid, last_event
