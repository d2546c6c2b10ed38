DELETE FROM avatar_events WHERE user_uuid = $1 AND number <= $2
