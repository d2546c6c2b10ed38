-- What a user's pages are told of, numbered from 1 for each user.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS avatar_events (
  user_uuid      uuid        NOT NULL,
  number         bigint      NOT NULL,
  avatar_key     text        NOT NULL,
  avatar_version text        NOT NULL,
  code           text        NOT NULL,
  reason         text        NOT NULL,
  created_at     timestamptz NOT NULL,
  PRIMARY KEY (user_uuid, number)
);

-- +goose Down
DROP TABLE IF EXISTS avatar_events;
