-- A sequencer orders the events of one key: hexadecimal numbers, so that the longer one is the newer.
UPDATE users SET avatar_key = $2, avatar_version = $3, avatar_sequencer = CAST($4 AS text), last_event = last_event + 1
WHERE cognito_user_id = $1 AND (avatar_key <> $2 OR length(avatar_sequencer) < length(CAST($4 AS text))
  OR (length(avatar_sequencer) = length(CAST($4 AS text)) AND avatar_sequencer < CAST($4 AS text)))
RETURNING uuid, last_event
