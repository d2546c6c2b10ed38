package settings

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// service is the least that the profile service wants.
var service = map[string]string{
	UploadsBucketName: "uploads", AssetsBucketName: "assets", PublicURL: "https://www.example.com", AssetsURL: "https://cdn.example.com/",
	CognitoUserPoolID: "eu-west-1_AbC123", CognitoClientID: "client", CognitoDomain: "https://example.auth.eu-west-1.amazoncognito.com",
	SessionKey: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", TopicARN: "arn:aws:sns:eu-west-1:123456789012:avatars",
}

func TestParseProfile(t *testing.T) {
	got, err := ParseProfile(from(service))
	if err != nil {
		t.Fatal(err)
	}
	signIn, err := ParseSignIn(from(service))
	if err != nil {
		t.Fatal(err)
	}
	want := Profile{
		AssetsURL: "https://cdn.example.com", SignIn: signIn, WriteRate: DefaultWriteRate,
		UploadsBucket: "uploads", AssetsBucket: "assets", FolderOutput: DefaultFolderOutput, MaxBytes: DefaultLimits().Bytes,
		Topic: "arn:aws:sns:eu-west-1:123456789012:avatars",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}

	got, err = ParseProfile(from(with(service, map[string]string{
		DatabaseURL: "postgres://u:p@h/d", AssetsURL: "", AssetsDomainName: "Assets.example.com", AllowedOrigins: "https://a.example,https://b.example",
		WriteRate: "100", FolderInput: "/in/", FolderOutput: "out", LocalSNS: "http://127.0.0.1:8080/sns/",
	})))
	if err != nil {
		t.Fatal(err)
	}
	if got.AssetsURL != "https://assets.example.com" || len(got.AllowedOrigins) != 2 || got.WriteRate != 100 || got.FolderInput != "in/" || got.Database == "" {
		t.Errorf("got %+v", got)
	}
}

// S1: all that is missing is named at once.
func TestParseProfileNothing(t *testing.T) {
	_, err := ParseProfile(from(nil))
	if err == nil {
		t.Fatal("no settings are accepted")
	}
	for _, name := range slices.Sorted(maps.Keys(service)) {
		if !strings.Contains(err.Error(), name+" is not set: write ") {
			t.Errorf("%s is not named: %v", name, err)
		}
	}
}

func TestParseProfileValues(t *testing.T) {
	tests := []struct {
		name              string
		accepted, refused []string
	}{
		{DatabaseURL, []string{"", "postgres://localhost/x", "postgresql:///x?host=/tmp"}, []string{"mysql://localhost/x", "profile.db", "postgres:x", "postgres://[::1/x"}},
		{AssetsURL, []string{"https://cdn.example.com/a/b", "http://127.0.0.1:8081"}, []string{"http://cdn.example.com", "//cdn.example.com", "https://cdn.example.com/#x"}},
		{AllowedOrigins, []string{"", "http://localhost:3000"}, []string{"*", "https://example.com/x"}},
		{WriteRate, []string{"1", "1000000"}, []string{"0", "-1", "much", "1.5"}},
		{TopicARN, nil, []string{"avatars", "arn:aws:sqs:us-east-1:123456789012:x"}},
		{LocalSNS, []string{"", "http://localhost:8080/sns/"}, []string{"https://example.com/sns/", "http://127.0.0.1:8080/sns", "http://10.0.0.1/sns/"}},
	}
	for _, test := range tests {
		for _, v := range test.accepted {
			if _, err := ParseProfile(from(with(service, map[string]string{test.name: v}))); err != nil {
				t.Errorf("%s=%q refused: %v", test.name, v, err)
			}
		}
		for _, v := range test.refused {
			_, err := ParseProfile(from(with(service, map[string]string{test.name: v})))
			if err == nil {
				t.Errorf("%s=%q accepted", test.name, v)
			} else if !strings.HasPrefix(err.Error(), test.name+" ") || !strings.Contains(err.Error(), ": write ") {
				t.Errorf("%s=%q: the error does not name the variable and what to write: %v", test.name, v, err)
			}
		}
	}
}

// No error repeats a secret.
func TestProfileErrorsKeepSecrets(t *testing.T) {
	_, err := ParseProfile(from(with(service, map[string]string{
		DatabaseURL: "mysql://user:hunter2@host/db", SessionKey: "hunter2", CognitoClientSecret: "hunter2 \"",
	})))
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error %v", err)
	}
}
