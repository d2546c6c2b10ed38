-- Every migration is one statement outside a transaction, and can be run again: Amazon Aurora DSQL takes
-- one change of the schema at a time, and none together with a change of rows.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS users (
  uuid             uuid        NOT NULL PRIMARY KEY,
  cognito_user_id  text        NOT NULL UNIQUE,
  handle           text        NOT NULL UNIQUE,
  display_name     text        NOT NULL,
  bio              text        NOT NULL,
  email            text        NOT NULL,
  avatar_key       text        NOT NULL,
  avatar_version   text        NOT NULL,
  avatar_sequencer text        NOT NULL,
  last_event       bigint      NOT NULL,
  version          bigint      NOT NULL,
  created_at       timestamptz NOT NULL
);

-- +goose Down
DROP TABLE IF EXISTS users;
