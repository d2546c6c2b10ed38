package settings

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
)

// The variables of the profile service, beside those of signing in, and those that it shares with the stack and the
// function: UPLOADS_BUCKET_NAME, ASSETS_BUCKET_NAME, THUMBING_FOLDER_INPUT, THUMBING_FOLDER_OUTPUT,
// ASSETS_DOMAIN_NAME, TOPIC_ARN and MAX_BYTES.
const (
	DatabaseURL    = "DATABASE_URL"
	AssetsURL      = "ASSETS_URL"
	AllowedOrigins = "ALLOWED_ORIGINS"
	WriteRate      = "WRITE_RATE"
	LocalSNS       = "THUMBING_LOCAL_SNS"
)

// TestDatabaseURL names a PostgreSQL server for tests, instead of one that they start themselves.
const TestDatabaseURL = "TEST_DATABASE_URL"

// DefaultWriteRate is how many changes a second a person may make.
const DefaultWriteRate = 5

// Profile is what the profile service runs with.
type Profile struct {
	Database  string // PostgreSQL URL; "" for a SQLite file
	AssetsURL string // where the assets bucket is read: "https://assets.example.com"

	SignIn SignIn

	AllowedOrigins []string // origins whose pages may call the API
	WriteRate      int      // changes a second that a person may make

	UploadsBucket, AssetsBucket string
	FolderInput, FolderOutput   string
	MaxBytes                    int64 // of an upload

	Topic    string // ARN of the SNS topic that the webhook believes
	LocalSNS string // URL of an SNS on this machine that is believed too; "" for none

	DotEnv string // path of the .env file that was read; "" when there was none
}

// LoadProfile reads the service's settings from the environment. A .env file in dir fills what is unset, for
// this process as a whole. The error joins all problems.
func LoadProfile(dir string) (Profile, error) {
	path, err := loadDotEnv(dir)
	if err != nil {
		return Profile{}, err
	}
	p, err := ParseProfile(os.LookupEnv)
	p.DotEnv = path
	return p, err
}

// ParseProfile reads the service's settings from the variables that lookup finds. The error joins all
// problems, each with its variable's name, what is wrong, and what to write instead.
func ParseProfile(lookup func(name string) (string, bool)) (Profile, error) {
	r := reader{lookup: lookup}
	p := Profile{
		Database:       optional(&r, DatabaseURL, "", postgresURL),
		AssetsURL:      assetsURL(&r),
		SignIn:         parseSignIn(&r),
		AllowedOrigins: optional(&r, AllowedOrigins, nil, origins),
		WriteRate:      int(optional(&r, WriteRate, DefaultWriteRate, count(1_000_000))),
		UploadsBucket:  required(&r, UploadsBucketName, "the name of the bucket where pictures arrive", bucketName),
		AssetsBucket:   required(&r, AssetsBucketName, "the name of the bucket for processed pictures", bucketName),
		FolderInput:    optional(&r, FolderInput, "", folder),
		FolderOutput:   outputFolder(&r, FolderOutput),
		MaxBytes:       optional(&r, MaxBytes, DefaultLimits().Bytes, count(1<<30)),
		Topic:          required(&r, TopicARN, "the ARN of the stack's topic, which cdk deploy prints", topicARN),
		LocalSNS:       optional(&r, LocalSNS, "", localSNS),
	}
	if err := errors.Join(r.problems...); err != nil {
		return Profile{}, err
	}
	return p, nil
}

// LoadDatabase reads DATABASE_URL alone, for what needs nothing else; "" is a SQLite file.
func LoadDatabase(dir string) (string, error) {
	if _, err := loadDotEnv(dir); err != nil {
		return "", err
	}
	r := reader{lookup: os.LookupEnv}
	location := optional(&r, DatabaseURL, "", postgresURL)
	return location, errors.Join(r.problems...)
}

// TestDatabase is the URL of a PostgreSQL server on which tests may make databases; "" where none is named.
func TestDatabase() string { return os.Getenv(TestDatabaseURL) }

// assetsURL reads where avatars are read, which the custom domain of the stack's CDN says already.
func assetsURL(r *reader) string {
	if r.get(AssetsURL) == "" {
		if domain := optional(r, AssetsDomainName, "", domainName); domain != "" {
			return "https://" + domain
		}
	}
	return required(r, AssetsURL, "where avatars are read, such as https://NAME.cloudfront.net, which cdk deploy prints", baseURL)
}

// postgresURL checks a PostgreSQL connection URI. Its errors never hold it: it may have a password.
func postgresURL(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Opaque != "" {
		return "", errors.New("is no PostgreSQL URL: write one such as postgres://user:password@host:5432/database, or leave it out to keep profiles in a SQLite file")
	}
	return text, nil
}

// baseURL checks an URL that paths are put behind. Plain http is for this machine.
func baseURL(text string) (string, error) {
	u, err := absoluteURL(text)
	switch {
	case err != nil:
		return "", err
	case u.User != nil || strings.ContainsAny(text, "?#"):
		return "", fmt.Errorf("is %q, with more than a host and a path: write %s://%s", u.Redacted(), u.Scheme, u.Host)
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return "", fmt.Errorf("is %q, which would cross the network unencrypted: write an https:// URL (http:// is for localhost)", text)
	}
	return strings.TrimSuffix(text, "/"), nil
}

// localSNS checks the URL of an SNS on this machine, below which certificates are believed.
func localSNS(text string) (string, error) {
	u, err := absoluteURL(text)
	if err != nil {
		return "", err
	}
	if u.Scheme != "http" || !isLoopback(u.Hostname()) || !strings.HasSuffix(text, "/") || strings.ContainsAny(text, "?#") {
		return "", fmt.Errorf("is %q, which is no SNS of this machine: write one such as http://127.0.0.1:8080/sns/, or leave it out", text)
	}
	return text, nil
}
