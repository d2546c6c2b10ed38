package settings

import "os"

// TestDatabaseURL names a PostgreSQL server for tests, instead of one that they start themselves.
const TestDatabaseURL = "TEST_DATABASE_URL"

// TestDatabase is the URL of a PostgreSQL server on which tests may make databases; "" where none is named.
func TestDatabase() string { return os.Getenv(TestDatabaseURL) }
