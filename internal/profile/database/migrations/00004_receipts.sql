-- What the webhook has dealt with, so that a second delivery has no second effect.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS receipts (
  receipt    text        NOT NULL PRIMARY KEY,
  created_at timestamptz NOT NULL
);

-- +goose Down
DROP TABLE IF EXISTS receipts;
