-- The key leads to a user's newest activities, so that no second index is needed.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS activities (
  user_uuid     uuid        NOT NULL,
  created_at    timestamptz NOT NULL,
  uuid          uuid        NOT NULL,
  message       text        NOT NULL,
  likes_count   integer     NOT NULL,
  replies_count integer     NOT NULL,
  reposts_count integer     NOT NULL,
  expires_at    timestamptz,
  PRIMARY KEY (user_uuid, created_at, uuid)
);

-- +goose Down
DROP TABLE IF EXISTS activities;
